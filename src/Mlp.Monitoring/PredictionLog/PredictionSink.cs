using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Takes the predictions of a model version in one role.</summary>
/// <param name="log">The log of the version.</param>
/// <param name="variant">Index of the role.</param>
internal sealed class PredictionSink(ModelLog log, int variant) : IPredictionSink
{
    /// <inheritdoc/>
    public void Record(in PredictionRecord record) => log.Record(record, variant);
}
