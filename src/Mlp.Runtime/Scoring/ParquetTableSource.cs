using System.Globalization;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using DuckDB.NET.Data;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads a Parquet file through DuckDB, row group by row group.</summary>
internal sealed class ParquetTableSource : ITableSource
{
    /// <summary>DuckDB's name of a row's number within its file.</summary>
    private const string RowNumber = "file_row_number";

    private readonly string _path;
    private readonly DuckDbSession _session;

    /// <summary>Opens a file and reads its schema.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="settings">How DuckDB is limited.</param>
    /// <exception cref="FileScoringException">It cannot be read.</exception>
    /// <exception cref="MissingNativePackageException">The application does not bring libduckdb.</exception>
    public ParquetTableSource(string path, DuckDbSettings settings)
    {
        _path = path;
        _session = DuckDbSession.Open(settings);
        try
        {
            RowCount = _session.QueryInt64($"SELECT count(*) FROM {Relation(path)}");
            Schema = ReadSchema();
        }
        catch (DuckDBException e)
        {
            _session.Dispose();
            throw Unreadable(e);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Schema Schema { get; }

    /// <inheritdoc/>
    public long? RowCount { get; }

    /// <summary>A file as part of a query.</summary>
    /// <param name="path">Full path.</param>
    public static string Relation(string path) => $"read_parquet({SqlText.File(path)}, hive_partitioning = false)";

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(
        IReadOnlyCollection<string> columns, long firstRow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = columns.Select(SqlText.Name).Append(RowNumber);
        var sql = string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {string.Join(", ", names)} FROM read_parquet({SqlText.File(_path)}, hive_partitioning = false, {RowNumber} = true) WHERE {RowNumber} >= {firstRow}");
        var batches = _session.QueryArrowAsync(sql, isStreamed: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var ending = batches.ConfigureAwait(false);
        while (await NextAsync(batches).ConfigureAwait(false))
        {
            var batch = batches.Current;
            RequireOrder(batch, firstRow);
            firstRow += batch.Length;
            yield return batch;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private Schema ReadSchema()
    {
        // A table without rows has the types of the file.
        _session.Execute($"CREATE TEMP TABLE file_schema AS SELECT * FROM {Relation(_path)} LIMIT 0");
        return _session.QuerySchema("SELECT * FROM file_schema");
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<RecordBatch> batches)
    {
        try
        {
            return await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (DuckDBException e)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>The answers are put beside the rows by position, so this is looked at and not believed.</summary>
    private void RequireOrder(RecordBatch batch, long firstRow)
    {
        var numbers = ((Int64Array)batch.Column(RowNumber)).Values;
        if (batch.Length > 0 && (numbers[0] != firstRow || numbers[^1] != firstRow + batch.Length - 1))
        {
            batch.Dispose();
            throw new FileScoringException(_path, FormattableString.Invariant($"Expected the rows of '{_path}' in their order, but found another one at row {firstRow}."));
        }
    }

    /// <inheritdoc/>
    /// <remarks>DuckDB's message may quote the data, so it stays inside.</remarks>
    public FileScoringException Unreadable(Exception cause) => new(_path, $"Expected a Parquet file at '{_path}', but it cannot be read as one.", cause);
}
