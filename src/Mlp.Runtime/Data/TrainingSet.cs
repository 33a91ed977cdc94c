using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Data;

/// <summary>Training sets in files: a folder with Parquet files and a manifest, which gives the same rows, bit for bit, for as long as it is kept.</summary>
public static class TrainingSet
{
    /// <summary>Freezes a training set in a folder, from which <see cref="OpenAsync"/> reads it. Reads the set once, with bounded memory.</summary>
    /// <param name="trainingSet">The set.</param>
    /// <param name="folder">The folder, which must not exist yet; missing folders above it are created. After a crash it is there as a whole or not at all; a folder beside it whose name starts with <c>.tmp-</c> may stay.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <returns>The frozen set; it is on the device.</returns>
    /// <exception cref="IOException">The folder exists, or the disk is full or failed.</exception>
    /// <exception cref="InvalidOperationException">The rows are not those that the manifest of the set describes.</exception>
    /// <exception cref="NotSupportedException">A column has a type that cannot be kept.</exception>
    /// <exception cref="MissingNativePackageException">The application does not bring DuckDB, which writes Parquet.</exception>
    public static Task<FrozenTrainingSet> SaveAsync(this ITrainingSet trainingSet, string folder, CancellationToken cancellationToken = default)
        => SaveAsync(trainingSet, folder, TrainingSetWriter.RowsPerFile, DiskSync.Instance, cancellationToken);

    /// <summary>Opens a training set that was frozen. Every file is checked: what it is, its length and its hash. The hash of the rows is checked when they are first read to the end.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The set.</returns>
    /// <exception cref="FileNotFoundException">The folder is no training set.</exception>
    /// <exception cref="CorruptFileException">A file is missing, damaged, or something else.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static Task<FrozenTrainingSet> OpenAsync(string folder, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return Task.Run(() => FrozenTrainingSet.Open(Path.GetFullPath(folder), cancellationToken), cancellationToken);
    }

    internal static Task<FrozenTrainingSet> SaveAsync(ITrainingSet trainingSet, string folder, long rowsPerFile, IDiskSync disk, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trainingSet);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return Task.Run(
            async () =>
            {
                await new TrainingSetWriter(trainingSet, rowsPerFile, disk).WriteAsync(path, cancellationToken).ConfigureAwait(false);
                return FrozenTrainingSet.Open(path, cancellationToken);
            },
            cancellationToken);
    }
}
