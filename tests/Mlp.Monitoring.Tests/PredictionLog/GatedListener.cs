using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;

namespace Mlp.Monitoring.Tests.PredictionLog;

/// <summary>Holds the log up at its first batch until it is opened.</summary>
internal sealed class GatedListener : IPredictionBatchListener
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the log is held up.</summary>
    public Task Entered => _entered.Task;

    public void Open() => _opened.TrySetResult();

    public async ValueTask OnBatchAsync(RecordBatch batch)
    {
        _entered.TrySetResult();
        await _opened.Task;
    }
}
