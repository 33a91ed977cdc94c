using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Takes the predictions of a model version in one role.</summary>
/// <param name="log">The log of the version.</param>
/// <param name="variant">Index of the role.</param>
/// <param name="release">Told once, when the version has left service in that role.</param>
internal sealed class PredictionSink(ModelLog log, int variant, Action<ModelLog> release) : IPredictionSink, IDisposable
{
    private Action<ModelLog>? _release = release;

    /// <inheritdoc/>
    public void Record(in PredictionRecord record) => log.Record(record, variant);

    /// <summary>Lets go of the log: when nobody else holds it, it writes what is pending and gives its memory back.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke(log);
}
