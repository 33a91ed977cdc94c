namespace Mlp.Runtime.Statistics.Intervals;

/// <summary>The 95 % interval of an area under the ROC curve.</summary>
internal static class AucInterval
{
    /// <summary>
    /// The area ± z standard errors by DeLong, within 0 and 1. Rows that the score parts without an error hold no error to learn from: the interval is then that of a share of 0 or 1 among as many pairs as the smaller
    /// class has rows (Wilson), none of which shares a row with another. NaN where a class has fewer than 2 rows.
    /// </summary>
    /// <param name="auc">The area.</param>
    /// <param name="scores">Shape (rows), without NaN.</param>
    /// <param name="isPositive">Shape (rows).</param>
    /// <param name="weights">Shape (rows), above 0; empty where all rows count the same.</param>
    internal static ConfidenceInterval Compute(double auc, ReadOnlySpan<double> scores, ReadOnlySpan<bool> isPositive, ReadOnlySpan<double> weights)
    {
        if (AucInfluence.Compute(scores, isPositive, weights) is not { } influences)
        {
            return new(double.NaN, double.NaN);
        }

        var positives = isPositive.Count(true);
        return auc is 0 or 1
            ? ConfidenceInterval.Wilson(auc, Math.Min(positives, isPositive.Length - positives))
            : ConfidenceInterval.Normal(auc, AucInfluence.StandardError(influences), 0, 1);
    }
}
