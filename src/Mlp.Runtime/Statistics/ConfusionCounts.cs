using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// Rows by predicted and true class; of rows with sampling weights, the sums of these. Immutable; safe for use by many threads.
/// </summary>
/// <param name="TruePositives">Rows predicted positive that are positive.</param>
/// <param name="FalsePositives">Rows predicted positive that are negative.</param>
/// <param name="TrueNegatives">Rows predicted negative that are negative.</param>
/// <param name="FalseNegatives">Rows predicted negative that are positive.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public readonly record struct ConfusionCounts(double TruePositives, double FalsePositives, double TrueNegatives, double FalseNegatives)
{
    /// <summary>(TP + TN) / n; NaN without rows.</summary>
    public double Accuracy => (TruePositives + TrueNegatives) / (TruePositives + FalsePositives + TrueNegatives + FalseNegatives);

    /// <summary>TP / (TP + FP); NaN where nothing was predicted positive.</summary>
    public double Precision => TruePositives / (TruePositives + FalsePositives);

    /// <summary>TP / (TP + FN); NaN where nothing is positive.</summary>
    public double Recall => TruePositives / (TruePositives + FalseNegatives);

    /// <summary>
    /// 2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall; NaN where nothing is positive and nothing was predicted so.
    /// </summary>
    public double F1 => 2 * TruePositives / ((2 * TruePositives) + FalsePositives + FalseNegatives);

    /// <summary>Counts the rows on both sides of a threshold.</summary>
    /// <remarks>
    /// A row is predicted positive when score ≥ threshold: a score equal to the threshold is positive. Cost: two binary searches.
    /// </remarks>
    /// <param name="positives">Scores of the positive rows, ascending, without NaN.</param>
    /// <param name="negatives">Scores of the negative rows, ascending, without NaN.</param>
    /// <param name="threshold">Any number but NaN.</param>
    internal static ConfusionCounts AtThreshold(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives, double threshold)
    {
        var falseNegatives = SortedSearch.CountBelow(positives, threshold);
        var trueNegatives = SortedSearch.CountBelow(negatives, threshold);
        return new(positives.Length - falseNegatives, negatives.Length - trueNegatives, trueNegatives, falseNegatives);
    }
}
