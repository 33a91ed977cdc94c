using Apache.Arrow;

namespace Mlp.Features.Ingestion;

/// <summary>Refuses batches whose memory has been given back, before the library of Arrow fails over them without a reason.</summary>
internal static class LiveBatch
{
    /// <summary>Looks whether its memory can be shared.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="source">What it is, for messages.</param>
    /// <exception cref="ObjectDisposedException">The batch has been disposed.</exception>
    internal static void Require(RecordBatch batch, string source)
    {
        try
        {
            using var shared = batch.SliceShared(0, batch.Length);
        }
        catch (Exception e) when (e is ObjectDisposedException or NullReferenceException)
        {
            throw new ObjectDisposedException($"Expected {source} to live until the task completes, but found a batch that has been disposed.", e);
        }
    }
}
