using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Sampling;

/// <summary>
/// Says whether a prediction is kept whatever the draw. Runs on the caller's thread for each prediction: it must not wait and not allocate, and should depend on nothing but the record, or the
/// sampling weights of what is kept are wrong. One that throws keeps the prediction, which is counted and logged once.
/// </summary>
/// <param name="record">The prediction; valid during the call only.</param>
/// <returns>True to keep it with weight 1; false to leave it to the draw.</returns>
public delegate bool PredictionRule(in PredictionRecord record);
