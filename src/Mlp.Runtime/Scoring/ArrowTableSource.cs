using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads an Arrow file or stream, one batch in memory at a time.</summary>
internal sealed class ArrowTableSource : ITableSource
{
    private readonly string _path;
    private readonly ArrowStreamReader _reader;

    private ArrowTableSource(string path, ArrowStreamReader reader, Schema schema)
    {
        _path = path;
        _reader = reader;
        Schema = schema;
    }

    /// <inheritdoc/>
    public Schema Schema { get; }

    /// <inheritdoc/>
    public long? RowCount => null;

    /// <summary>Opens a file and reads its schema.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="format">Its format.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FileScoringException">It cannot be read.</exception>
    public static async Task<ArrowTableSource> OpenAsync(string path, TableFormat format, CancellationToken cancellationToken)
    {
        var reader = Open(path, format);
        try
        {
            return new ArrowTableSource(path, reader, await reader.GetSchema(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            reader.Dispose();
            if (e is OperationCanceledException)
            {
                throw;
            }

            throw Unreadable(path, e);
        }
    }

    /// <summary>Opens a reader.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="format">Its format.</param>
    public static ArrowStreamReader Open(string path, TableFormat format)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return format == TableFormat.ArrowFile ? new ArrowFileReader(stream, new CompressionCodecFactory()) : new ArrowStreamReader(stream, new CompressionCodecFactory());
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(
        IReadOnlyCollection<string> columns, long firstRow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken).ConfigureAwait(false) is { } batch)
        {
            if (firstRow >= batch.Length)
            {
                firstRow -= batch.Length;
                batch.Dispose();
                continue;
            }

            if (firstRow > 0)
            {
                using (batch)
                {
                    // A batch that was read holds the memory of its slices, so the slice is copied.
                    yield return batch.Slice((int)firstRow, batch.Length - (int)firstRow).Clone();
                }

                firstRow = 0;
                continue;
            }

            yield return batch;
        }
    }

    /// <inheritdoc/>
    public FileScoringException Unreadable(Exception cause) => Unreadable(_path, cause);

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private async ValueTask<RecordBatch?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.ReadNextRecordBatchAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Unreadable(_path, e);
        }
    }

    /// <summary>What the reader throws at damaged bytes has no common type.</summary>
    private static FileScoringException Unreadable(string path, Exception cause) => new(path, $"Expected an Arrow file at '{path}', but it cannot be read as one; the inner exception says where.", cause);
}
