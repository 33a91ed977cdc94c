using System.Data;
using Apache.Arrow;

namespace Mlp.Features.Ingestion;

/// <summary>A table of the SQL of <see cref="FeatureStore.IngestSqlAsync"/>. Immutable, except for a data reader and a stream of batches, which are read once.</summary>
public sealed class SqlSource
{
    private SqlSource()
    {
    }

    internal string? Path { get; private init; }

    internal SourceIngestOptions? Options { get; private init; }

    internal IDataReader? DataReader { get; private init; }

    internal IAsyncEnumerable<RecordBatch>? ArrowBatches { get; private init; }

    internal bool IsReadOnce { get; private init; }

    internal string? ViewName { get; private init; }

    internal int? ViewVersion { get; private init; }

    internal long? ViewCommit { get; private init; }

    /// <summary>A CSV file; its columns are text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Delimiter, quote and null text; the rest is not used.</param>
    /// <returns>The source.</returns>
    public static SqlSource Csv(string path, CsvIngestOptions? options = null) => OfFile(path, options ?? new CsvIngestOptions());

    /// <summary>A Parquet file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The source.</returns>
    public static SqlSource Parquet(string path) => OfFile(path, new ParquetIngestOptions());

    /// <summary>A file of JSON lines; its columns are text: strings without their quotes, numbers as they are written, objects and arrays as JSON.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The source.</returns>
    public static SqlSource JsonLines(string path) => OfFile(path, new JsonLinesIngestOptions());

    /// <summary>An Arrow IPC file or stream. Times are UTC without a zone.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The source.</returns>
    public static SqlSource Arrow(string path) => OfFile(path, new ArrowIngestOptions());

    /// <summary>An Arrow batch. Times are UTC without a zone, vectors (lists of float or half) are lists; columns of other nested types and of binary types are left out.</summary>
    /// <param name="batch">The rows; it stays the caller's, and is not touched after the task completes.</param>
    /// <returns>The source.</returns>
    public static SqlSource Batches(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new SqlSource { ArrowBatches = Each(batch) };
    }

    /// <summary>A stream of Arrow batches; see the overload for one. They go through a table that spills, so they may be larger than memory.</summary>
    /// <param name="batches">Batches of one schema, at least one. They stay the producer's.</param>
    /// <returns>The source.</returns>
    public static SqlSource Batches(IAsyncEnumerable<RecordBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        return new SqlSource { ArrowBatches = batches, IsReadOnce = true };
    }

    /// <summary>The current result of a data reader. Decimals and GUIDs are text.</summary>
    /// <param name="reader">The reader; it stays the caller's.</param>
    /// <returns>The source.</returns>
    public static SqlSource Reader(IDataReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new SqlSource { DataReader = reader };
    }

    /// <summary>
    /// The offline rows of a view: its keys, <c>event_time</c>, <c>created_time</c>, <c>ingest_sequence</c> and features; of rows with one key, event time and created time the latest.
    /// </summary>
    /// <param name="name">View name.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="commit">Rows as of this commit; null for the newest.</param>
    /// <returns>The source.</returns>
    public static SqlSource View(string name, int? version = null, long? commit = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new SqlSource { ViewName = name, ViewVersion = version, ViewCommit = commit };
    }

    private static async IAsyncEnumerable<RecordBatch> Each(RecordBatch batch)
    {
        yield return batch;
        await Task.CompletedTask.ConfigureAwait(false);
    }

    private static SqlSource OfFile(string path, SourceIngestOptions options)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new SqlSource { Path = path, Options = options };
    }
}
