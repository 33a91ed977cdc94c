namespace WebApi;

/// <summary>The answer: the probability of a big tip, and the id by which the outcome is reported later.</summary>
internal sealed record PredictResponse(string PredictionId, double Probability, bool IsBigTip, int ModelVersion);
