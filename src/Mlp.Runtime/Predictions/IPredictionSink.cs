namespace Mlp.Runtime.Predictions;

/// <summary>Receives the predictions of one model version. A sink that is <see cref="IDisposable"/> is disposed when the version has left service and its last call has ended.</summary>
public interface IPredictionSink
{
    /// <summary>Hears of one prediction on the caller's thread. Never throws, never blocks and never allocates.</summary>
    /// <param name="record">The prediction; valid during the call only.</param>
    void Record(in PredictionRecord record);
}
