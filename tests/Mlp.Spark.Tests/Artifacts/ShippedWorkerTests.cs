using System.Buffers.Binary;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Artifacts;

/// <summary>The worker as it travels.</summary>
public sealed class ShippedWorkerTests : IDisposable
{
    private const string Secret = "s";

    private readonly TempDirectory _folder = new();

    [ShippedWorkerFact]
    public async Task Archive_InAnEmptyEnvironment_StartsByWhatIsInIt()
    {
        await using (var file = File.OpenRead(ShippedWorker.Path!))
        await using (var zip = new GZipStream(file, CompressionMode.Decompress))
        {
            await TarFile.ExtractToDirectoryAsync(zip, _folder.FullName, overwriteFiles: false);
        }

        // No HOME, no PATH, no DOTNET_ROOT.
        var start = new ProcessStartInfo("/usr/bin/env", ["-i", $"PYTHON_WORKER_FACTORY_SECRET={Secret}", _folder.Combine("mlp-spark-worker"), "-m", "pyspark.daemon", "pyspark.worker"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var port = await ReadInt32Async(process.StandardOutput.BaseStream);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        var pid = await ReadInt32Async(stream);
        await stream.WriteAsync(Text(Secret));
        var answer = new byte[6];
        await stream.ReadExactlyAsync(answer);

        Assert.Equal(process.Id, pid);
        Assert.Equal(Text("ok"), answer);
        var files = File.ReadLines($"/proc/{pid}/maps").Where(l => l.Contains('/', StringComparison.Ordinal)).Select(l => l[l.IndexOf('/', StringComparison.Ordinal)..]).Distinct().ToList();
        Assert.Equal(_folder.Combine("libcoreclr.so"), Assert.Single(files, f => f.EndsWith("/libcoreclr.so", StringComparison.Ordinal)));

        // Where libicu is installed, a worker that asks for it has it by now.
        Assert.DoesNotContain(files, f => Path.GetFileName(f).StartsWith("libicu", StringComparison.Ordinal));
        process.StandardInput.Close();
        await process.WaitForExitAsync();
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<int> ReadInt32Async(Stream stream)
    {
        var bytes = new byte[4];
        await stream.ReadExactlyAsync(bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    private static byte[] Text(string text)
    {
        var bytes = new byte[4 + text.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, text.Length);
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(4));
        return bytes;
    }
}
