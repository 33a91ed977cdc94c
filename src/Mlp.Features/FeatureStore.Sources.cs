using System.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;

namespace Mlp.Features;

/// <content>Taking in rows of more kinds of sources.</content>
public sealed partial class FeatureStore
{
    /// <summary>Takes in a file of JSON lines: one object per line. Numbers are taken as they are written, whole numbers of 64 bits too; a string is never taken for a number. A vector is a list of numbers.</summary>
    /// <param name="view">View name.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How columns are found; null for a member of the same name each.</param>
    /// <param name="batchId">Names the batch, so that taking it in again changes nothing; null takes it in always.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="IngestException">A line is no object, a column is missing, a value is of another kind (row, line and column are named), a time is absent or outside the years 1 to 9999, or the view does not say when rows became known.</exception>
    public Task<IngestResult> IngestJsonLinesAsync(
        string view, string path, JsonLinesIngestOptions? options = null, string? batchId = null, int? version = null, CancellationToken cancellationToken = default)
    {
        options ??= new JsonLinesIngestOptions();
        return IngestSourceAsync(view, version, batchId, definition => OpenRows(definition, path, options), cancellationToken);
    }

    /// <summary>Takes in an Arrow IPC file or stream, compressed or not. Types are taken as those of an Arrow batch, vectors included.</summary>
    /// <param name="view">View name.</param>
    /// <param name="path">The file; a stream must have its end mark.</param>
    /// <param name="options">How columns are found; null for a column of the same name each.</param>
    /// <param name="batchId">Names the batch, so that taking it in again changes nothing; null takes it in always.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="IngestException">The file is cut off or something else, a column is missing or has another type, a time is null or outside the years 1 to 9999, or the view does not say when rows became known.</exception>
    public Task<IngestResult> IngestArrowAsync(
        string view, string path, ArrowIngestOptions? options = null, string? batchId = null, int? version = null, CancellationToken cancellationToken = default)
    {
        options ??= new ArrowIngestOptions();
        return IngestSourceAsync(view, version, batchId, definition => OpenRows(definition, path, options), cancellationToken);
    }

    /// <summary>
    /// Takes in the rows of a data reader: what any ADO.NET provider gives for a query. They stream, so a result may be larger than memory.
    /// A <see cref="decimal"/> becomes an Int64 if it is whole, or the nearest Float32 or Float64; a <see cref="Guid"/> a GUID key or its text; a <see cref="TimeSpan"/> or <see cref="TimeOnly"/> an Int64 of
    /// microseconds; a <see cref="DateTimeOffset"/>, <see cref="DateTime"/> (without a kind it is UTC) or <see cref="DateOnly"/> a time, rounded up to microseconds. A vector is an array or list of float,
    /// or of double if every element has an exact float32.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="reader">The reader; its current result is read to the end. It stays the caller's.</param>
    /// <param name="options">How columns are found; null for a column of the same name each, without regard to case.</param>
    /// <param name="batchId">Names the batch, so that taking it in again changes nothing, and reads nothing; null takes it in always.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device. What the reader itself throws comes through.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="IngestException">A column is missing or has another type, a time is null or outside the years 1 to 9999, or the view does not say when rows became known.</exception>
    public Task<IngestResult> IngestReaderAsync(
        string view, IDataReader reader, DataReaderIngestOptions? options = null, string? batchId = null, int? version = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        options ??= new DataReaderIngestOptions();
        return IngestSourceAsync(
            view,
            version,
            batchId,
            definition => new SourceFile(DataReaderSource.Source, options) { Rows = new DataReaderSource(reader, definition, options.SourceColumnsOf(definition)) },
            cancellationToken);
    }

    /// <summary>
    /// Takes in the result of SQL (DuckDB's dialect) over files, data readers, Arrow batches and offline views: a derived view. The SQL is one SELECT, sees its sources and no other file, and writes nothing.
    /// Without a batch id, one is made of the SQL, the commits of the views that it read and the contents of the files, so that doing it again changes nothing until there are new rows. It
    /// does not see what the SQL itself makes up, as <c>now()</c> does.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="sql">The SELECT. Its result has a column for every column of the view's source; their types are checked as those of a Parquet file.</param>
    /// <param name="sources">Tables of the SQL by their names: letters, digits and <c>_</c>.</param>
    /// <param name="options">How columns are found in the result; null for a column of the same name each.</param>
    /// <param name="batchId">Names the batch; null for one that is made of what is read, or for a new one where a data reader or Arrow batches are among it.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device.</returns>
    /// <exception cref="FileNotFoundException">A file is not there.</exception>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="ArgumentException">The SQL is empty, or a source has a name that is not allowed.</exception>
    /// <exception cref="IngestException">The SQL is not one SELECT or sees other files, a column of its result is missing or has another type, a time is null or outside the years 1 to 9999, or the view does not say when rows became known.</exception>
    /// <exception cref="Runtime.CorruptFileException">A data file of a view is damaged.</exception>
    public Task<IngestResult> IngestSqlAsync(
        string view,
        string sql,
        IReadOnlyDictionary<string, SqlSource> sources,
        SqlIngestOptions? options = null,
        string? batchId = null,
        int? version = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sql);
        if (string.IsNullOrWhiteSpace(sql))
        {
            throw new ArgumentException("Expected the SQL to be one SELECT, but found an empty text.", nameof(sql));
        }

        ArgumentNullException.ThrowIfNull(sources);
        SqlIngest.CheckNames(sources);
        var definition = OpenView(view, version);
        return Ingest(
            definition,
            async () =>
            {
                // What was pushed is acknowledged, so it is among the rows of its view.
                await Online.FlushAsync(cancellationToken).ConfigureAwait(false);
                return await new SqlIngest(Offline, Catalog, _ingest).RunAsync(definition, sql, sources, options ?? new SqlIngestOptions(), batchId, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);
    }

    private static SourceFile OpenRows(FeatureViewDefinition view, string path, SourceIngestOptions options)
    {
        var file = SourceFile.Open(path, options);
        return options switch
        {
            JsonLinesIngestOptions => file with { Rows = new JsonLinesSource(file.Source, options.SourceColumnsOf(view)) },
            ArrowIngestOptions => file with { Rows = new ArrowFileSource(file.Source, ArrowColumnRoles.Of(view, options)) },
            _ => file,
        };
    }

    private Task<IngestResult> IngestSourceAsync(string view, int? version, string? batchId, Func<FeatureViewDefinition, SourceFile> open, CancellationToken cancellationToken)
    {
        var definition = OpenView(view, version);
        var file = open(definition);
        return Ingest(definition, () => _ingest.IngestFileAsync(definition, file, batchId, cancellationToken), cancellationToken);
    }
}
