using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>Whether the data of a feature is worse than the reference's: more missing values, new categories, numbers out of range, a value that stands still. Pure functions; each p-value is exact.</summary>
internal static class QualityChecks
{
    /// <summary>The checks that a feature can fail.</summary>
    /// <param name="window">The window, which has rows.</param>
    /// <param name="rules">Thresholds.</param>
    public static IEnumerable<QualityCheck> Of(FeatureWindow window, DriftRules rules)
    {
        var profile = window.Histogram.Profile;
        var weights = window.Histogram.GetWeights();
        var weight = weights.Sum();
        var rows = window.Histogram.EffectiveRowCount;
        if (!(weight > 0))
        {
            yield break;
        }

        yield return Missing(profile, weights[^1] / weight, rows, rules.MissingShareThreshold);
        switch (profile)
        {
            case CategoricalFeatureProfile { KnowsRareCategories: true }:
                var unseen = weights[^2] / weight;
                yield return new("new-categories", unseen, rules.NewCategoryShareThreshold, MoreErrors(unseen * rows, rows, 0, profile.RowCount), unseen > rules.NewCategoryShareThreshold);
                break;
            case NumericFeatureProfile { IsConstant: false } numbers when window.Extent is { } extent && weight > weights[^1] && numbers.RowCount > numbers.MissingCount:
                yield return OutOfRange(numbers, extent, weights, weight, rows, rules.OutOfRangeShareThreshold);
                break;
        }

        if (Constant(profile, window, weights, weight, rows) is { } constant)
        {
            yield return constant;
        }
    }

    /// <summary>Whether a window has one value only.</summary>
    public static bool IsConstant(FeatureWindow window)
        => window.Extent is { } extent ? extent.Minimum == extent.Maximum : window.Histogram.Counts[..^1].ToArray().Count(c => c > 0) == 1;

    private static QualityCheck Missing(FeatureProfile profile, double share, double rows, double threshold)
    {
        var before = profile.MissingCount / (double)profile.RowCount;
        var p = MoreErrors(share * rows, rows, profile.MissingCount, profile.RowCount);
        return new("missing-share", share, before + threshold, p, share - before > threshold);
    }

    // That the k largest of all n + m rows are the window's: Π (m − i)/(n + m − i) for i < k (order statistics). The same at the other end, and twice the smaller chance for two ends.
    private static QualityCheck OutOfRange(NumericFeatureProfile profile, NumericExtent extent, double[] weights, double weight, double rows, double threshold)
    {
        var scale = rows / weight;
        var (n, m) = (profile.RowCount - profile.MissingCount, (weight - weights[^1]) * scale);
        var p = Math.Min(1, 2 * Math.Min(Beyond(extent.Below * scale, n, m), Beyond(extent.Above * scale, n, m)));
        var share = (extent.Below + extent.Above) / weight;
        return new("out-of-range", share, threshold, p, share > threshold);
    }

    private static double Beyond(double count, double n, double m)
    {
        var p = 1.0;
        for (var i = 0; i < Math.Round(count) && p > 1e-300; i++)
        {
            p *= Math.Max(m - i, 0) / (n + m - i);
        }

        return p;
    }

    // The share of the value in the reference is at most that of its bin, so that the chance that all rows have it is at most its power.
    private static QualityCheck? Constant(FeatureProfile profile, FeatureWindow window, double[] weights, double weight, double rows)
    {
        var isConstantReference = profile.BinCounts.AsSpan()[..^1].ToArray().Count(c => c > 0) <= 1 && profile is not NumericFeatureProfile { IsConstant: false };
        if (isConstantReference || !IsConstant(window))
        {
            return null;
        }

        var present = profile.RowCount - profile.MissingCount;
        var bin = System.Array.FindIndex(weights, w => w > 0);
        var share = present == 0 ? 1 : profile.BinCounts[bin] / (double)present;
        return new("constant", 1, share, Math.Pow(share, (weight - weights[^1]) * rows / weight), share < 1);
    }

    private static double MoreErrors(double errors, double rows, long referenceErrors, long referenceRows)
        => ErrorRateTest.HigherThan((long)Math.Round(errors), (long)Math.Round(rows), referenceErrors, referenceRows);
}
