using System.Runtime.CompilerServices;
using Apache.Arrow;
using DuckDB.NET.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Data;

/// <summary>
/// A training set in a folder (<see cref="TrainingSet"/>). Its rows stream from Parquet in their order with bounded memory. Thread-safe; any number of readers may read at once. It holds no file open between reads.
/// </summary>
public sealed class FrozenTrainingSet : ITrainingSet
{
    private const long MemoryLimitBytes = 256L << 20;

    private readonly IReadOnlyList<FrozenFile> _files;
    private readonly List<ParquetColumn> _columns;
    private volatile bool _isVerified;

    private FrozenTrainingSet(string folder, TrainingSetManifest manifest, Schema schema, IReadOnlyList<FrozenFile> files)
    {
        Folder = folder;
        Manifest = manifest;
        Schema = schema;
        _files = files;
        _columns = TrainingSetWriter.ColumnsOf(schema, manifest);
    }

    /// <summary>Full path of the folder.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public TrainingSetManifest Manifest { get; }

    /// <inheritdoc/>
    public Schema Schema { get; }

    /// <inheritdoc/>
    /// <exception cref="CorruptFileException">A file changed since the set was opened, or, after the last row, the rows do not have the content hash of the manifest.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var hash = _isVerified ? null : new RecordBatchHash(Schema);
        var settings = new DuckDbSettings(MemoryLimitBytes, Math.Min(2, Environment.ProcessorCount), Path.GetTempPath()) { Work = "the training set", LimitOption = "the memory of the machine" };
        using var session = DuckDbSession.Open(settings);
        foreach (var file in _files)
        {
            var path = Path.Combine(Folder, file.Name);
            var sql = $"SELECT {string.Join(", ", _columns.Select(c => c.ReadSql))} FROM read_parquet({SqlText.File(path)}, hive_partitioning = false)";
            var batches = session.QueryArrowAsync(sql, isStreamed: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var _ = batches.ConfigureAwait(false);
            while (await MoveNextAsync(batches, path).ConfigureAwait(false))
            {
                var stored = batches.Current;
                var batch = new RecordBatch(Schema, _columns.Select((column, i) => column.FromStored(stored.Column(i), path)), stored.Length);
                hash?.Append(batch);
                yield return batch;
            }
        }

        if (hash?.GetHashAndReset() is { } found)
        {
            _isVerified = found == Manifest.ContentHash
                ? true
                : throw new CorruptFileException(Folder, $"Expected the rows of the training set in '{Folder}' to have content hash {Manifest.ContentHash[..8]}, but they have {found[..8]}.");
        }
    }

    internal static FrozenTrainingSet Open(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, FrozenTrainingSetDocument.FileName);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"Expected a training set in '{folder}', but found no '{FrozenTrainingSetDocument.FileName}' in it.", path);
        }

        var (document, manifest) = FrozenTrainingSetDocument.Read(File.ReadAllBytes(path), path);
        var fields = document.Columns.Select(column => new Field(
            column.Name,
            ColumnTypeName.Parse(column.Type) ?? throw new CorruptFileException(path, $"Expected column '{column.Name}' in '{path}' to have a known type, but found '{column.Type}'."),
            column.IsNullable));
        foreach (var file in document.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Check(folder, file, path);
        }

        return new FrozenTrainingSet(folder, manifest, new Schema(fields, metadata: null), document.Files);
    }

    private static void Check(string folder, FrozenFile file, string document)
    {
        if (file.Name != Path.GetFileName(file.Name) || file.Name is "" or "." or "..")
        {
            throw new CorruptFileException(document, $"Expected names of files beside '{document}' in it, but found '{file.Name}'.");
        }

        var path = Path.Combine(folder, file.Name);
        var info = new FileInfo(path);
        if (!info.Exists)
        {
            throw new CorruptFileException(path, $"Expected the file '{path}' of a training set, but it is missing.");
        }

        if (info.Length != file.Length)
        {
            throw new CorruptFileException(path, $"Expected the file '{path}' of a training set to have {file.Length} bytes, but it has {info.Length}.", Math.Min(info.Length, file.Length));
        }

        if (FileHash.Of(path) != file.XxHash128)
        {
            throw new CorruptFileException(path, $"Expected the file '{path}' of a training set to hold what was written, but its hash is another one: it is damaged. Restore it, or make the set again.");
        }
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<RecordBatch> batches, string path)
    {
        try
        {
            return await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (DuckDBException e)
        {
            throw new CorruptFileException(path, $"Expected the file '{path}' of a training set to be Parquet as it was written, but it cannot be read: it is missing or damaged.", innerException: e);
        }
    }
}
