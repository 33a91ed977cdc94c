using System.Formats.Tar;
using System.IO.Compression;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Benchmarks.Spark;

/// <summary>The worker as it is shipped, unpacked.</summary>
internal static class UnpackedWorker
{
    /// <summary>Unpacks the archive.</summary>
    /// <param name="folder">Where to; it is made.</param>
    /// <returns>Path of the executable.</returns>
    /// <exception cref="InvalidOperationException">The archive was not made.</exception>
    public static async Task<string> UnpackAsync(string folder)
    {
        var archive = ShippedWorker.Path ?? throw new InvalidOperationException(ShippedWorker.Missing);
        Directory.CreateDirectory(folder);
        await using var file = File.OpenRead(archive);
        await using var zip = new GZipStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(zip, folder, overwriteFiles: false);
        return Path.Combine(folder, "mlp-spark-worker");
    }
}
