namespace WebApi;

/// <summary>Live quality of one model version.</summary>
internal sealed record QualityResponse(int ModelVersion, long Predictions, long Labelled, double? Auc, double? LogLoss);
