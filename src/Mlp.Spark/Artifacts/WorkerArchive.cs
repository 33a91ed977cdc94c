using System.Formats.Tar;
using System.IO.Compression;
using Mlp.Runtime;

namespace Mlp.Spark.Artifacts;

/// <summary>The worker as it travels.</summary>
internal static class WorkerArchive
{
    /// <summary>Name of the executable within the archive.</summary>
    public const string Executable = "mlp-spark-worker";

    /// <summary>Name of the file that the package puts beside the application.</summary>
    public const string FileName = "mlp-spark-worker.linux-x64.tar.gz";

    /// <summary>The folder into which the archive is unpacked on executors.</summary>
    public const string ExecutorFolder = "mlp";

    /// <summary>Where executors find the executable then.</summary>
    public const string ExecutorPath = $"{ExecutorFolder}/{Executable}";

    private const string Package = "Mlp.Spark.Worker.linux-x64";

    /// <summary>Finds the archive.</summary>
    /// <param name="path">Where the user has said that it is; null for beside the application.</param>
    /// <exception cref="WorkerNotFoundException">It is not there.</exception>
    public static string Find(string? path)
    {
        var wanted = path ?? Path.Combine(AppContext.BaseDirectory, FileName);
        if (File.Exists(wanted))
        {
            return wanted;
        }

        var advice = path is null
            ? $"add the package {Package}, or say where a worker is installed on the executors by {nameof(Connect.SparkSessionOptions)}.{nameof(Connect.SparkSessionOptions.WorkerPath)}"
            : $"the package {Package} brings it as '{FileName}'";
        throw new WorkerNotFoundException($"Expected the archive of the Spark worker at '{wanted}', but found {(Directory.Exists(wanted) ? "a folder" : "none")}: {advice}.", wanted);
    }

    /// <summary>Reads the archive to its end, so that one that is damaged, or no archive of the worker, does not travel.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CorruptFileException">It is no <c>.tar.gz</c>, is cut short or damaged, or does not hold the worker.</exception>
    public static async Task RequireWholeAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (!await HoldsExecutableAsync(path, cancellationToken).ConfigureAwait(false))
            {
                throw Misfit(path, $"but found none with an executable '{Executable}' in it", null);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw Misfit(path, "but found another kind of file, or one that is cut short or damaged", e);
        }
    }

    private static async Task<bool> HoldsExecutableAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        await using (file.ConfigureAwait(false))
        {
            var zip = new GZipStream(file, CompressionMode.Decompress);
            await using (zip.ConfigureAwait(false))
            {
                var tar = new TarReader(zip);
                await using (tar.ConfigureAwait(false))
                {
                    var isThere = false;
                    while (await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
                    {
                        isThere |= entry.Name.TrimStart('.', '/') == Executable && entry.Mode.HasFlag(UnixFileMode.UserExecute);
                    }

                    await zip.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
                    return isThere;
                }
            }
        }
    }

    private static CorruptFileException Misfit(string path, string found, Exception? cause)
        => new(path, $"Expected the whole archive (.tar.gz) of the Spark worker at '{path}', {found}: {nameof(Connect.SparkSessionOptions)}.{nameof(Connect.SparkSessionOptions.WorkerArchivePath)} names the one of the package {Package}.", innerException: cause);
}
