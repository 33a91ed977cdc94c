using Mlp.Runtime.Predictions;

namespace WebApi;

/// <summary>The outcome of a predicted trip.</summary>
internal sealed record LabelRequest
{
    public required string PredictionId { get; init; }

    public required bool IsBigTip { get; init; }

    /// <summary>When the outcome became known; now when absent.</summary>
    public DateTimeOffset? ObservedAt { get; init; }

    /// <exception cref="BadHttpRequestException">The id is not one of a prediction.</exception>
    public PredictionId Prediction()
    {
        try
        {
            return Mlp.Runtime.Predictions.PredictionId.Parse(PredictionId);
        }
        catch (FormatException e)
        {
            throw new BadHttpRequestException("Expected 'predictionId' to be an id that /predict gave, but found text that is none.", e);
        }
    }
}
