using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using Mlp.Runtime.Interop;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Data;

/// <summary>Writes a training set into a folder beside the one that it shall have, and gives it its name when everything is on the device. Used once.</summary>
internal sealed class TrainingSetWriter
{
    /// <summary>How many rows a file has at most.</summary>
    internal const long RowsPerFile = 1_000_000;

    private const string Table = "training_rows";
    private const long BytesPerFile = 128L << 20;
    private const long MemoryLimitBytes = 512L << 20;

    private readonly ITrainingSet _set;
    private readonly long _rowsPerFile;
    private readonly IDiskSync _disk;
    private readonly List<ParquetColumn> _columns;
    private readonly Schema _stored;
    private readonly List<FrozenFile> _files = [];
    private DuckDbAppender? _appender;
    private long _rows;
    private long _bytes;

    internal TrainingSetWriter(ITrainingSet set, long rowsPerFile, IDiskSync disk)
    {
        _set = set;
        _rowsPerFile = rowsPerFile;
        _disk = disk;
        _columns = ColumnsOf(set.Schema, set.Manifest);
        _stored = new Schema(_columns.Select(column => new Field(column.Field.Name, column.StoredType, nullable: true)), metadata: null);
    }

    /// <summary>How the columns of a set lie in its files.</summary>
    internal static List<ParquetColumn> ColumnsOf(Schema schema, TrainingSetManifest manifest)
        => [.. schema.FieldsList.Select(field => new ParquetColumn(field, isTimeOfRow: manifest.Spine is not null && field.Name == manifest.TimeColumn))];

    /// <exception cref="IOException">The folder exists, or the disk is full or failed.</exception>
    internal async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        if (Path.Exists(folder))
        {
            throw Taken(folder);
        }

        var parent = Path.GetDirectoryName(folder) ?? throw Taken(folder);
        DurableFile.CreateDirectories(_disk, parent);
        var staged = DurableFile.TemporaryPath(parent);
        Directory.CreateDirectory(staged);
        try
        {
            await WriteFilesAsync(staged, cancellationToken).ConfigureAwait(false);
            WriteDocument(staged);
            cancellationToken.ThrowIfCancellationRequested();
            if (!DurableFile.PublishDirectory(_disk, staged, folder))
            {
                throw Taken(folder);
            }
        }
        finally
        {
            _appender?.Dispose();
            if (Directory.Exists(staged))
            {
                Directory.Delete(staged, recursive: true);
            }
        }
    }

    private static IOException Taken(string folder) => new($"Expected a free name for the training set, but '{folder}' exists.");

    private async Task WriteFilesAsync(string staged, CancellationToken cancellationToken)
    {
        using var hash = new RecordBatchHash(_set.Schema);
        var scratch = Path.Combine(staged, "scratch");
        var settings = new DuckDbSettings(MemoryLimitBytes, Math.Min(4, Environment.ProcessorCount), scratch) { Work = "the training set", LimitOption = "the memory of the machine" };
        using (var session = DuckDbSession.Open(settings))
        {
            await foreach (var batch in _set.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                using (batch)
                {
                    hash.Append(batch);
                    Append(session, batch, staged, cancellationToken);
                }
            }

            FinishFile(session, staged, cancellationToken);
        }

        Directory.Delete(scratch, recursive: true);
        var (rows, found) = (_files.Sum(file => file.RowCount), hash.GetHashAndReset());
        if (rows != _set.Manifest.RowCount || found != _set.Manifest.ContentHash)
        {
            throw new InvalidOperationException(
                $"Expected {_set.Manifest.RowCount} rows with content hash {_set.Manifest.ContentHash[..8]}, as the manifest of the training set says, but it gave {rows} with {found[..8]}.");
        }
    }

    private void Append(DuckDbSession session, RecordBatch batch, string staged, CancellationToken cancellationToken)
    {
        for (var start = 0; start < batch.Length;)
        {
            if (_appender is null)
            {
                session.Execute($"CREATE TABLE {Table} ({string.Join(", ", _columns.Select(c => $"{SqlText.Name(c.Field.Name)} {c.SqlType}"))})", cancellationToken);
                _appender = session.CreateAppender(Table, _stored);
            }

            var count = (int)Math.Min(batch.Length - start, _rowsPerFile - _rows);
            _appender.Append(new RecordBatch(_stored, _columns.Select((column, i) => column.ToStored(ArrowArrayFactory.Slice(batch.Column(i), start, count))), count));
            start += count;
            _rows += count;
            _bytes += count * BytesPerRow(batch);
            if (_rows == _rowsPerFile || _bytes >= BytesPerFile)
            {
                FinishFile(session, staged, cancellationToken);
            }
        }
    }

    private static long BytesPerRow(RecordBatch batch) => batch.Arrays.Sum(array => BytesOf(array.Data)) / Math.Max(1, batch.Length);

    private static long BytesOf(ArrayData data) => data.Buffers.Sum(buffer => (long)buffer.Length) + (data.Children?.Sum(BytesOf) ?? 0);

    private void FinishFile(DuckDbSession session, string staged, CancellationToken cancellationToken)
    {
        if (_appender is null)
        {
            return;
        }

        _appender.Close();
        _appender.Dispose();
        _appender = null;
        var name = string.Create(CultureInfo.InvariantCulture, $"rows-{_files.Count + 1:D5}.parquet");
        var path = Path.Combine(staged, name);
        session.Execute($"COPY (SELECT {string.Join(", ", _columns.Select(c => c.WriteSql))} FROM {Table} ORDER BY rowid) TO {SqlText.Text(path)} ({ParquetFormat.CopyOptions})", cancellationToken);
        session.Execute($"DROP TABLE {Table}", cancellationToken);
        _files.Add(new FrozenFile(name, _rows, new FileInfo(path).Length, FileHash.Of(path)));
        (_rows, _bytes) = (0, 0);
    }

    private void WriteDocument(string staged)
    {
        using var manifest = JsonDocument.Parse(_set.Manifest.ToJson());
        var document = new FrozenTrainingSetDocument
        {
            FormatVersion = _columns.Exists(c => VectorColumn.IsVector(c.Field.DataType)) ? VectorLength.FirstFormatVersion : VersionedJson.FirstVersion,
            Manifest = manifest.RootElement,
            Columns = [.. _columns.Select(c => new FrozenColumn(c.Field.Name, ColumnTypeName.Of(c.Field), c.Field.IsNullable))],
            Files = _files,
        };
        File.WriteAllBytes(Path.Combine(staged, FrozenTrainingSetDocument.FileName), document.ToJson());
    }
}
