using System.Formats.Tar;
using System.IO.Compression;
using Mlp.Runtime;
using Mlp.Spark.Artifacts;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Functions;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Artifacts;

/// <summary>How worker and assemblies reach the executors, on a server that plays Spark.</summary>
public sealed class WorkerArchiveTests : IDisposable
{
    private static readonly string Functions = Path.Combine(AppContext.BaseDirectory, "functions", "Mlp.Spark.TestFunctions.dll");

    private readonly TempDirectory _folder = new();

    [Fact]
    public async Task Register_WithoutArchiveAndPath_NamesThePackage()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        var error = await Assert.ThrowsAsync<WorkerNotFoundException>(() => RegisterAsync(session));

        Assert.Contains("Mlp.Spark.Worker.linux-x64", error.Message, StringComparison.Ordinal);
        Assert.Contains("SparkSessionOptions.WorkerPath", error.Message, StringComparison.Ordinal);
        Assert.Empty(server.Spark.Requests.OfType<ExecutePlanRequest>());
    }

    [Fact]
    public async Task Register_Twice_SendsWorkerAndAssemblyOnce()
    {
        var archive = await WriteArchiveAsync();
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection, new SparkSessionOptions { WorkerArchivePath = archive });

        await RegisterAsync(session);
        await RegisterAsync(session);

        var names = server.Spark.Requests.OfType<AddArtifactsRequest>().Select(r => r.Batch?.Artifacts[0].Name ?? r.BeginChunk?.Name).Where(n => n is not null).ToList();
        Assert.Equal(2, names.Count);
        Assert.Equal("archives/worker.tar.gz#mlp", names[0]);
        Assert.Matches("^archives/([0-9a-f]{16})\\.tar\\.gz#\\1$", names[1]);
        Assert.Equal("mlp/mlp-spark-worker", Assert.Single(server.Spark.Single<ConfigRequest>().Operation.Set.Pairs).Value);
    }

    [Theory]
    [InlineData(Damage.OtherFile)]
    [InlineData(Damage.Empty)]
    [InlineData(Damage.NoTar)]
    [InlineData(Damage.CutShort)]
    [InlineData(Damage.Flipped)]
    [InlineData(Damage.NoExecutable)]
    [InlineData(Damage.NotExecutable)]
    [InlineData(Damage.Elsewhere)]
    public async Task Register_DamagedArchive_IsRefusedBeforeItTravels(Damage damage)
    {
        var archive = await WriteArchiveAsync(damage);
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection, new SparkSessionOptions { WorkerArchivePath = archive });

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => RegisterAsync(session));

        Assert.StartsWith($"Expected the whole archive (.tar.gz) of the Spark worker at '{archive}', but found ", error.Message, StringComparison.Ordinal);
        Assert.Contains("SparkSessionOptions.WorkerArchivePath", error.Message, StringComparison.Ordinal);
        Assert.Empty(server.Spark.Requests.OfType<AddArtifactsRequest>());
    }

    [Fact]
    public void Find_Folder_IsNoArchive()
    {
        var error = Assert.Throws<WorkerNotFoundException>(() => WorkerArchive.Find(_folder.FullName));

        Assert.Equal($"Expected the archive of the Spark worker at '{_folder.FullName}', but found a folder: the package Mlp.Spark.Worker.linux-x64 brings it as 'mlp-spark-worker.linux-x64.tar.gz'.", error.Message);
    }

    [ShippedWorkerFact]
    public Task Archive_OfThePackage_IsWhole() => WorkerArchive.RequireWholeAsync(ShippedWorker.Path!, CancellationToken.None);

    [Fact]
    public async Task Register_WorkerAtAUri_IsRefusedBeforeAnythingIsSaid()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection, new SparkSessionOptions { WorkerPath = "s3://bucket/mlp-spark-worker" });

        var error = await Assert.ThrowsAsync<ArgumentException>(() => RegisterAsync(session));

        Assert.Contains("Expected a path of the executors' file system for the worker, but found 's3://bucket/mlp-spark-worker'", error.Message, StringComparison.Ordinal);
        Assert.Empty(server.Spark.Requests.OfType<ConfigRequest>());
    }

    [Fact]
    public async Task Register_InstalledWorker_IsSetAndNotSent()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection, new SparkSessionOptions { WorkerPath = "/opt/mlp/mlp-spark-worker" });

        await session.RegisterFunctionAsync("f", SparkMethod.FromAssembly(Functions, "T", "M", "/opt/functions/F.dll"), "double");

        Assert.Empty(server.Spark.Requests.OfType<AddArtifactsRequest>());
        var pair = Assert.Single(server.Spark.Single<ConfigRequest>().Operation.Set.Pairs);
        Assert.Equal(("spark.sql.execution.pyspark.python", "/opt/mlp/mlp-spark-worker"), (pair.Key, pair.Value));
        var function = server.Spark.Single<ExecutePlanRequest>().Plan.Command.RegisterFunction;
        Assert.Equal(("f", 200, "mlp/1", "double"), (function.FunctionName, function.PythonUdf.EvalType, function.PythonUdf.PythonVer, function.PythonUdf.OutputType.Unparsed.DataTypeString));
        Assert.Contains("\"/opt/functions/F.dll\"", function.PythonUdf.Command.ToStringUtf8(), StringComparison.Ordinal);
    }

    [Fact]
    public void AssemblyArchive_OfAnAssembly_HasWhatItNeedsAndNotWhatTheWorkerBrings()
    {
        var names = AssemblyArchive.FindFiles(Functions).Select(Path.GetFileName).ToList();

        Assert.Contains("Mlp.Spark.TestFunctions.dll", names);
        Assert.DoesNotContain("Apache.Arrow.dll", names);
        AssemblyArchive.Write(Functions, _folder.Combine("a.tar.gz"));
        AssemblyArchive.Write(Functions, _folder.Combine("b.tar.gz"));
        Assert.Equal(File.ReadAllBytes(_folder.Combine("a.tar.gz")), File.ReadAllBytes(_folder.Combine("b.tar.gz")));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>An archive of a worker that is a few bytes long.</summary>
    private async Task<string> WriteArchiveAsync(Damage? damage = null)
    {
        var path = _folder.Combine("worker.tar.gz");
        var content = new byte[50_000];
        new Random(3).NextBytes(content);
        await using (var zip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        await using (var tar = new TarWriter(zip, TarEntryFormat.Pax))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, damage switch { Damage.NoExecutable => "./python3", Damage.Elsewhere => "./bin/mlp-spark-worker", _ => "./mlp-spark-worker" })
            {
                DataStream = new MemoryStream(content),
                Mode = damage == Damage.NotExecutable ? UnixFileMode.UserRead : UnixFileMode.UserRead | UnixFileMode.UserExecute,
            });
        }

        var bytes = await File.ReadAllBytesAsync(path);
        switch (damage)
        {
            case Damage.OtherFile:
                bytes = content;
                break;
            case Damage.Empty:
                bytes = [];
                break;
            case Damage.NoTar:
                using (var other = new MemoryStream())
                {
                    await using (var zip = new GZipStream(other, CompressionLevel.Fastest))
                    {
                        await zip.WriteAsync(content);
                    }

                    bytes = other.ToArray();
                }

                break;
            case Damage.CutShort:
                bytes = bytes[..(bytes.Length / 2)];
                break;
            case Damage.Flipped:
                bytes[bytes.Length / 2] ^= 1;
                break;
        }

        await File.WriteAllBytesAsync(path, bytes);
        return path;
    }

    private static Task RegisterAsync(SparkSession session) => session.RegisterFunctionAsync("f", SparkMethod.FromAssembly(Functions, "T", "M"), "double");

    /// <summary>What is wrong with an archive.</summary>
    public enum Damage
    {
        OtherFile,
        Empty,
        NoTar,
        CutShort,
        Flipped,
        NoExecutable,
        NotExecutable,
        Elsewhere,
    }
}
