using Apache.Arrow;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>Streams of Arrow batches for tests.</summary>
internal static class BatchStream
{
    internal static async IAsyncEnumerable<RecordBatch> Of(params RecordBatch[] batches)
    {
        foreach (var batch in batches)
        {
            await Task.Yield();
            yield return batch;
        }
    }

    internal static async Task DrainAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        await foreach (var batch in batches)
        {
            batch.Dispose();
        }
    }
}
