using System.Runtime.CompilerServices;
using Apache.Arrow;
using DuckDB.NET.Data;
using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>Rows that DuckDB reads from files, in the order of the files and within them, with bounded memory. Immutable and thread-safe; each read has a database of its own.</summary>
/// <param name="parts">Per file its state and the query that reads its rows.</param>
/// <param name="columns">The columns of each query.</param>
/// <param name="failure">What to throw where a file cannot be read.</param>
internal sealed class FileRows(IReadOnlyList<(FileStamp File, string Sql)> parts, IReadOnlyList<ParquetColumn> columns, Func<DuckDBException, string, Exception> failure)
{
    private const long MemoryLimitBytes = 256L << 20;

    /// <summary>The columns.</summary>
    public Schema Schema { get; } = new(columns.Select(c => c.Field), metadata: null);

    /// <summary>A database.</summary>
    public static DuckDbSession Open() => DuckDbSession.Open(
        new DuckDbSettings(MemoryLimitBytes, Math.Min(2, Environment.ProcessorCount), Path.GetTempPath()) { Work = "the training set", LimitOption = "the memory of the machine" });

    /// <summary>Reads the rows once, to count and hash them.</summary>
    /// <param name="roles">Which columns are what.</param>
    /// <param name="format">What the files are, for messages.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="TrainingDataException">There are no rows, or a file changed.</exception>
    public async Task<TrainingSetManifest> DescribeAsync(FileColumns roles, string format, CancellationToken cancellationToken)
    {
        using var hash = new RecordBatchHash(Schema);
        long rowCount = 0;
        await foreach (var batch in ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                hash.Append(batch);
                rowCount += batch.Length;
            }
        }

        return rowCount == 0
            ? throw new TrainingDataException(FormattableString.Invariant($"Expected rows in the {parts.Count} {format} files, but they have none."))
            : new TrainingSetManifest
            {
                Features = [.. roles.Features],
                LabelColumns = roles.LabelColumn is null ? [] : [roles.LabelColumn],
                TimeColumn = roles.TimeColumn,
                WeightColumn = roles.WeightColumn,
                RowCount = rowCount,
                ContentHash = hash.GetHashAndReset(),
            };
    }

    /// <summary>Reads the rows.</summary>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>Batches, which the caller disposes of.</returns>
    /// <exception cref="TrainingDataException">A file changed.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (file, _) in parts)
        {
            file.ThrowIfChanged();
        }

        using var session = Open();
        foreach (var (file, sql) in parts)
        {
            file.ThrowIfChanged();
            var batches = session.QueryArrowAsync(sql, isStreamed: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var _ = batches.ConfigureAwait(false);
            while (await MoveNextAsync(batches, file.Path).ConfigureAwait(false))
            {
                var stored = batches.Current;
                yield return new RecordBatch(Schema, columns.Select((column, i) => column.FromStored(stored.Column(i), file.Path)), stored.Length);
            }
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<RecordBatch> batches, string path)
    {
        try
        {
            return await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (DuckDBException e)
        {
            throw failure(e, path);
        }
    }
}
