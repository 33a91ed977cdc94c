using System.Data.Common;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Compaction;

/// <summary>
/// The rows of a segment in a Parquet file, in their order, with the segment's header and schema among the metadata of the file, so that they read as they did before. Not thread-safe.
/// </summary>
internal sealed class CompactedSegment : IDisposable
{
    private const string HeaderKey = "mlp.header";
    private const string SchemaKey = "mlp.schema";
    private const string Table = "predictions";

    /// <summary>DuckDB's name of a row's number within its file.</summary>
    private const string RowNumber = "file_row_number";

    private readonly string _path;
    private readonly DuckDbSession _session;
    private readonly Schema _schema;
    private readonly CompactedColumn[] _columns;

    private CompactedSegment(string path, DuckDbSession session, SegmentHeader header, Schema schema)
    {
        _path = path;
        _session = session;
        _schema = schema;
        _columns = ColumnsOf(schema);
        Header = header;
    }

    /// <summary>What stood at the start of the segment.</summary>
    public SegmentHeader Header { get; }

    /// <summary>How the columns of a log lie in DuckDB.</summary>
    /// <param name="schema">The schema of the log.</param>
    public static CompactedColumn[] ColumnsOf(Schema schema) => [.. schema.FieldsList.Select(field => new CompactedColumn(field))];

    /// <summary>Opens a file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="CorruptFileException">It is no prediction log in Parquet.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="MissingNativePackageException">The application does not bring libduckdb.</exception>
    public static CompactedSegment Open(string path, DuckDbSettings settings)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"Expected predictions in '{path}', but there is no such file.", path);
        }

        var session = DuckDbSession.Open(settings);
        try
        {
            return Open(path, session);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static CompactedSegment Open(string path, DuckDbSession session)
    {
        var metadata = Guarded(path, () => session.Query($"SELECT decode(key), decode(value) FROM parquet_kv_metadata({SqlText.File(path)})"))
            .ToDictionary(row => (string)row[0]!, row => (string)row[1]!, StringComparer.Ordinal);
        if (!metadata.TryGetValue(HeaderKey, out var header) || !metadata.TryGetValue(SchemaKey, out var schema))
        {
            throw new CorruptFileException(path, $"Expected a Parquet file of predictions with '{HeaderKey}' and '{SchemaKey}' among its metadata, but found '{path}' without.");
        }

        return new(path, session, SegmentHeader.Parse(System.Text.Encoding.UTF8.GetBytes(header), path), ReadSchema(Convert.FromBase64String(schema)));
    }

    /// <summary>Writes the whole rows of a segment to a file.</summary>
    /// <param name="segment">Path of a segment that nobody writes any more.</param>
    /// <param name="path">Path of the file; must be free.</param>
    /// <param name="settings">How DuckDB is limited.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    /// <returns>Number of rows; without any there is no file.</returns>
    /// <exception cref="CorruptFileException">The segment is damaged.</exception>
    public static long Write(string segment, string path, DuckDbSettings settings, CancellationToken cancellationToken)
    {
        using var frames = FrameLogReader.Open(segment);
        SegmentHeader.Read(frames);
        if (!frames.Read())
        {
            return 0;
        }

        var schemaMessage = frames.Payload.ToArray();
        using var stream = new FrameStream(frames, schemaMessage);
        using var arrow = new ArrowStreamReader(stream, ManagedAllocator.Instance, leaveOpen: true);
        var columns = ColumnsOf(arrow.Schema);
        using var session = DuckDbSession.Open(settings);
        CreateTable(session, Table, columns);
        var rows = 0L;
        using (var appender = session.CreateAppender(Table, StoredSchema(columns)))
        {
            while (arrow.ReadNextRecordBatch() is { } batch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                appender.Append(ToStored(batch, columns));
                rows += batch.Length;
            }

            appender.Close();
        }

        if (rows > 0)
        {
            var metadata = $"{{{SqlText.Name(HeaderKey)}: {SqlText.Text(System.Text.Encoding.UTF8.GetString(frames.Header.Span))}, {SqlText.Name(SchemaKey)}: {SqlText.Text(Convert.ToBase64String(schemaMessage))}}}";
            session.Execute($"COPY (SELECT * FROM {Table} ORDER BY rowid) TO {SqlText.Text(path)} ({ParquetFormat.CopyOptions}, KV_METADATA {metadata})", cancellationToken);
        }

        return rows;
    }

    /// <summary>Makes a table of a log's columns.</summary>
    public static void CreateTable(DuckDbSession session, string table, IEnumerable<CompactedColumn> columns)
        => session.Execute($"CREATE TABLE {SqlText.Name(table)} ({string.Join(", ", columns.Select(c => $"{SqlText.Name(c.Stored.Name)} {c.SqlType}"))})");

    /// <summary>The schema of a table of a log's columns.</summary>
    public static Schema StoredSchema(IEnumerable<CompactedColumn> columns) => new(columns.Select(c => c.Stored), metadata: null);

    /// <summary>A batch as it goes into a table of a log's columns.</summary>
    public static RecordBatch ToStored(RecordBatch batch, CompactedColumn[] columns)
        => new(StoredSchema(columns), columns.Select((column, i) => column.ToStored(batch.Column(i))), batch.Length);

    /// <summary>Reads the rows in their order.</summary>
    /// <param name="firstRow">Rows to pass over.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Batches in memory of the garbage collector.</returns>
    /// <exception cref="CorruptFileException">The file is damaged.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(long firstRow = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var columns = string.Join(", ", _columns.Select(c => SqlText.Name(c.Stored.Name)).Append(RowNumber));
        var sql = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"SELECT {columns} FROM read_parquet({SqlText.File(_path)}, hive_partitioning = false, {RowNumber} = true) WHERE {RowNumber} >= {firstRow}");
        var batches = _session.QueryArrowAsync(sql, isStreamed: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var ending = batches.ConfigureAwait(false);
        while (await GuardedAsync(_path, () => batches.MoveNextAsync()).ConfigureAwait(false))
        {
            using var stored = batches.Current;
            firstRow = RequireOrder(stored, firstRow);
            yield return new RecordBatch(_schema, _columns.Select((column, i) => column.FromStored(stored.Column(i), _path)), stored.Length).Clone(ManagedAllocator.Instance);
        }
    }

    /// <summary>The rows from one on, for a follower; the file is closed when they have been read.</summary>
    /// <inheritdoc cref="Open(string, DuckDbSettings)" path="/exception"/>
    public static (SegmentHeader Header, IAsyncEnumerable<RecordBatch> Batches) Follow(string path, DuckDbSettings settings, long firstRow)
    {
        var file = Open(path, settings);
        return (file.Header, file.ReadAndCloseAsync(firstRow));
    }

    /// <summary>Which request times and roles the rows have: two columns are looked at.</summary>
    /// <inheritdoc cref="Open(string, DuckDbSettings)" path="/exception"/>
    public static LogCoverage ReadCoverage(string path, DuckDbSettings settings)
    {
        using var file = Open(path, settings);
        var source = $"FROM read_parquet({SqlText.File(path)}, hive_partitioning = false)";
        bool Has(string name) => file._columns.Any(c => c.Stored.Name == name);
        var times = Has(PredictionColumns.RequestTime)
            ? Guarded(path, () => file._session.Query($"SELECT epoch_us(min({PredictionColumns.RequestTime})), epoch_us(max({PredictionColumns.RequestTime})) {source}"))[0]
            : [null, null];
        var variants = Has(PredictionColumns.Variant)
            ? Guarded(path, () => file._session.Query($"SELECT DISTINCT {PredictionColumns.Variant} {source} WHERE {PredictionColumns.Variant} IS NOT NULL")).Select(row => (string)row[0]!)
            : [];
        return new LogCoverage(times[0] as long? ?? long.MaxValue, times[1] as long? ?? long.MinValue, variants);
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private async IAsyncEnumerable<RecordBatch> ReadAndCloseAsync(long firstRow)
    {
        using (this)
        {
            await foreach (var batch in ReadAsync(firstRow).ConfigureAwait(false))
            {
                yield return batch;
            }
        }
    }

    /// <summary>Followers go on from a number of rows, so the order is looked at and not believed.</summary>
    private long RequireOrder(RecordBatch batch, long firstRow)
    {
        var numbers = ((Int64Array)batch.Column(RowNumber)).Values;
        return batch.Length == 0 || (numbers[0] == firstRow && numbers[^1] == firstRow + batch.Length - 1)
            ? firstRow + batch.Length
            : throw new InvalidOperationException(FormattableString.Invariant($"Expected the rows of '{_path}' in their order, but found another one at row {firstRow}."));
    }

    private static Schema ReadSchema(byte[] message)
    {
        using var stream = new MemoryStream(message);
        using var reader = new ArrowStreamReader(stream);
        return reader.Schema;
    }

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DbException e)
        {
            throw Unreadable(path, e);
        }
    }

    private static async ValueTask<bool> GuardedAsync(string path, Func<ValueTask<bool>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (DbException e)
        {
            throw Unreadable(path, e);
        }
    }

    /// <remarks>DuckDB's message may quote the data, so it stays inside.</remarks>
    private static Exception Unreadable(string path, DbException cause) => !File.Exists(path)
        ? new FileNotFoundException($"Expected predictions in '{path}', but the file was deleted.", path, cause)
        : new CorruptFileException(path, $"Expected a Parquet file of predictions at '{path}', but it cannot be read as one; the inner exception says why.", innerException: cause);
}
