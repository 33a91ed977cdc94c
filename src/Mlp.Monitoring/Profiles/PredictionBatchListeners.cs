using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;

namespace Mlp.Monitoring.Profiles;

/// <summary>Several who look at the batches of one model version.</summary>
/// <param name="listeners">They.</param>
internal sealed class PredictionBatchListeners(IReadOnlyList<IPredictionBatchListener> listeners) : IPredictionBatchListener, IDisposable
{
    /// <summary>None, one, or several as one.</summary>
    /// <param name="listeners">Null for one that is not wanted.</param>
    public static IPredictionBatchListener? Join(params IEnumerable<IPredictionBatchListener?> listeners) => listeners.OfType<IPredictionBatchListener>().ToArray() switch
    {
        [] => null,
        [var one] => one,
        var several => new PredictionBatchListeners(several),
    };

    /// <inheritdoc/>
    public async ValueTask OnBatchAsync(RecordBatch batch)
    {
        foreach (var listener in listeners)
        {
            await listener.OnBatchAsync(batch).ConfigureAwait(false);
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
