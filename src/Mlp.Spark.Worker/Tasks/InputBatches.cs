using System.Collections;
using System.Runtime.ExceptionServices;
using Apache.Arrow;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>
/// The batches of an Arrow stream as tables, read when they are asked for. It is enumerated once, and often by the code of a user: an error of the connection that passes through that code is still an error of
/// the connection.
/// </summary>
/// <param name="reader">The stream.</param>
/// <param name="tableOf">The table of a batch.</param>
/// <param name="disposes">Whether a batch is disposed of when the next is asked for.</param>
internal sealed class InputBatches(BatchReader reader, Func<RecordBatch, RecordBatch> tableOf, bool disposes) : IEnumerable<RecordBatch>
{
    private ExceptionDispatchInfo? _error;

    /// <inheritdoc/>
    public IEnumerator<RecordBatch> GetEnumerator()
    {
        while (Next() is { } batch)
        {
            try
            {
                yield return tableOf(batch);
            }
            finally
            {
                if (disposes)
                {
                    batch.Dispose();
                }
            }
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Throws the error of the connection again, if there was one.</summary>
    public void ThrowError() => _error?.Throw();

    private RecordBatch? Next()
    {
        try
        {
            _error?.Throw();
            return reader.ReadBatch();
        }
        catch (Exception e)
        {
            _error = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }
}
