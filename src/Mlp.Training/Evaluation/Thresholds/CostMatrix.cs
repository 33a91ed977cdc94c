using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Thresholds;

/// <summary>What a decision costs, in the application's unit; what it gains is a negative cost. Immutable.</summary>
/// <param name="TruePositive">Cost of saying class 1 of a row of class 1.</param>
/// <param name="FalsePositive">Cost of saying class 1 of a row of class 0.</param>
/// <param name="TrueNegative">Cost of saying class 0 of a row of class 0.</param>
/// <param name="FalseNegative">Cost of saying class 0 of a row of class 1.</param>
public sealed record CostMatrix(double TruePositive, double FalsePositive, double TrueNegative, double FalseNegative)
{
    /// <summary>
    /// The threshold that is best for probabilities that come true, whatever the rows: t = (FP − TN) / (FP − TN + FN − TP) (Elkan, "The Foundations of Cost-Sensitive Learning", IJCAI 2001, equation 2). NaN
    /// where one decision is always the cheaper one.
    /// </summary>
    public double TheoreticalThreshold
        => FalsePositive > TrueNegative && FalseNegative > TruePositive
            ? (FalsePositive - TrueNegative) / (FalsePositive - TrueNegative + FalseNegative - TruePositive)
            : double.NaN;

    /// <summary>Mean cost of a row.</summary>
    /// <param name="counts">Rows by predicted and true class.</param>
    public double MeanCost(ConfusionCounts counts)
        => ((counts.TruePositives * TruePositive) + (counts.FalsePositives * FalsePositive) + (counts.TrueNegatives * TrueNegative) + (counts.FalseNegatives * FalseNegative))
            / (counts.TruePositives + counts.FalsePositives + counts.TrueNegatives + counts.FalseNegatives);

    /// <summary>A matrix of gains.</summary>
    /// <param name="truePositive">Gain of saying class 1 of a row of class 1.</param>
    /// <param name="falsePositive">Gain of saying class 1 of a row of class 0, often negative.</param>
    /// <param name="trueNegative">Gain of saying class 0 of a row of class 0.</param>
    /// <param name="falseNegative">Gain of saying class 0 of a row of class 1.</param>
    public static CostMatrix OfGains(double truePositive, double falsePositive, double trueNegative, double falseNegative)
        => new(-truePositive, -falsePositive, -trueNegative, -falseNegative);

    /// <summary>Refuses costs that say nothing about thresholds.</summary>
    /// <exception cref="ArgumentException">A cost is not finite, or none depends on the decision.</exception>
    internal void ThrowIfMeaningless()
    {
        if (!double.IsFinite(TruePositive) || !double.IsFinite(FalsePositive) || !double.IsFinite(TrueNegative) || !double.IsFinite(FalseNegative))
        {
            throw new ArgumentException("Expected finite costs, but found one that is not.");
        }

        if (TruePositive == FalseNegative && FalsePositive == TrueNegative)
        {
            throw new ArgumentException("Expected costs that depend on the decision, but saying class 1 costs what saying class 0 does, for rows of either class: every threshold costs the same.");
        }
    }
}
