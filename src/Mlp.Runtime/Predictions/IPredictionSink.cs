namespace Mlp.Runtime.Predictions;

/// <summary>Receives the predictions of one model version.</summary>
public interface IPredictionSink
{
    /// <summary>Hears of one prediction on the caller's thread. Never throws, never blocks and never allocates.</summary>
    /// <param name="record">The prediction; valid during the call only.</param>
    void Record(in PredictionRecord record);
}
