using Mlp.Runtime.Predictions;

namespace WebApi;

/// <summary>The outcome of a predicted trip.</summary>
/// <param name="Prediction">The prediction.</param>
/// <param name="IsBigTip">What came of it.</param>
/// <param name="ObservedAt">When the outcome became known; now when absent.</param>
internal sealed record LabelRequest(PredictionId Prediction, bool IsBigTip, DateTimeOffset? ObservedAt)
{
    /// <exception cref="BadHttpRequestException">The body is not of the documented form.</exception>
    public static async Task<LabelRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = await JsonBody.ReadAsync(request, cancellationToken);
        var id = body.Text("predictionId");
        var isBigTip = body.Truth("isBigTip");
        var observedAt = body.OptionalTime("observedAt");
        body.ThrowIfWrong();
        try
        {
            return PredictionId.Parse(id) is var prediction && prediction != default && observedAt != default(DateTimeOffset)
                ? new LabelRequest(prediction, isBigTip, observedAt)
                : throw new FormatException();
        }
        catch (FormatException e)
        {
            throw new BadHttpRequestException("Expected 'predictionId' to be an id that /predict gave, and 'observedAt' the time of the outcome, but found something else.", e);
        }
    }
}
