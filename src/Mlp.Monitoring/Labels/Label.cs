using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels;

/// <summary>What became known about a prediction. Immutable.</summary>
/// <param name="PredictionId">The prediction.</param>
/// <param name="Value">The truth: 0 or 1 for a binary model, the index of the class for several classes, the number itself for a regression. Finite.</param>
/// <param name="ObservedAt">When it became known; the label observed last is the one that counts.</param>
public readonly record struct Label(PredictionId PredictionId, double Value, DateTimeOffset ObservedAt)
{
    /// <summary>A label of a binary model.</summary>
    /// <param name="predictionId">The prediction.</param>
    /// <param name="isPositive">Whether it is the positive class.</param>
    /// <param name="observedAt">When it became known.</param>
    public Label(PredictionId predictionId, bool isPositive, DateTimeOffset observedAt)
        : this(predictionId, isPositive ? 1 : 0, observedAt)
    {
    }
}
