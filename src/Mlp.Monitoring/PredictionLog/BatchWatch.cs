using Apache.Arrow;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Those who look at the batches of one model version. One that throws looks at no more of them, and the others go on. Not thread-safe.</summary>
/// <param name="listeners">They, with the version; disposed with this object.</param>
/// <param name="onFailure">Told of each that threw, once.</param>
internal sealed class BatchWatch(IReadOnlyList<IPredictionBatchListener> listeners, Action<IPredictionBatchListener, Exception> onFailure) : IDisposable
{
    private readonly List<IPredictionBatchListener> _watching = [.. listeners];

    /// <summary>Whether anybody still looks.</summary>
    public bool IsAny => _watching.Count > 0;

    /// <summary>Shows a batch to all who still look, one after the other. Never throws.</summary>
    /// <param name="batch">The predictions.</param>
    public async ValueTask TellAsync(RecordBatch batch)
    {
        for (var i = 0; i < _watching.Count;)
        {
            try
            {
                await _watching[i].OnBatchAsync(batch).ConfigureAwait(false);
                i++;
            }
#pragma warning disable CA1031 // Who looks at the log must not stop it, nor those who look beside him.
            catch (Exception e)
#pragma warning restore CA1031
            {
                var failed = _watching[i];
                _watching.RemoveAt(i);
                onFailure(failed, e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var listener in listeners)
        {
            (listener as IDisposable)?.Dispose();
        }
    }
}
