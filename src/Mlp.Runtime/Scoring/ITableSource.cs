using Apache.Arrow;

namespace Mlp.Runtime.Scoring;

/// <summary>A file of rows that is read as record batches.</summary>
internal interface ITableSource : IDisposable
{
    /// <summary>All columns of the file.</summary>
    Schema Schema { get; }

    /// <summary>Number of rows; null where the format does not say.</summary>
    long? RowCount { get; }

    /// <summary>The exception for a file that cannot be read after all.</summary>
    /// <param name="cause">What was thrown while its values were read.</param>
    FileScoringException Unreadable(Exception cause);

    /// <summary>Reads rows in order.</summary>
    /// <param name="columns">Names of the columns to read at least.</param>
    /// <param name="firstRow">Rows to pass over.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Batches, which belong to the reader of the stream.</returns>
    /// <exception cref="FileScoringException">The file cannot be read.</exception>
    IAsyncEnumerable<RecordBatch> ReadAsync(IReadOnlyCollection<string> columns, long firstRow, CancellationToken cancellationToken);
}
