using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>All that is measured of one feature before the p-values of the whole report are corrected.</summary>
internal sealed class FeatureComparison
{
    private FeatureComparison(FeatureWindow window, bool isScore, DriftMethod method, double threshold)
        => (Window, IsScore, Method, Threshold) = (window, isScore, method, threshold);

    public FeatureWindow Window { get; }

    public bool IsScore { get; }

    public DriftMethod Method { get; }

    public double Threshold { get; }

    public double Statistic { get; private init; } = double.NaN;

    public double PValue { get; private init; } = double.NaN;

    public bool IsOverBins { get; private init; }

    /// <summary>Whether all values of the reference are one and the same.</summary>
    public bool IsConstantReference { get; private init; }

    /// <summary>Too few rows to say anything.</summary>
    public bool IsUndetermined { get; private init; }

    /// <summary>Why a comparison that finds no drift says nothing, in words that follow "but found"; null where it does.</summary>
    public string? Doubt { get; private init; }

    public IReadOnlyList<QualityCheck> Checks { get; private init; } = [];

    /// <summary>Measures.</summary>
    public static FeatureComparison Of(ComparedFeature feature, DriftRules rules)
    {
        var (window, isScore, reference, isSampled, blindShare) = feature;
        var profile = window.Histogram.Profile;
        var (method, threshold) = rules.Of(profile.Name, profile is CategoricalFeatureProfile);
        var isUndetermined = window.Histogram.RowCount < rules.MinimumRowCount || profile.RowCount == 0;
        var checks = isUndetermined ? [] : QualityChecks.Of(window, rules).ToArray();
        if (!isSampled && IsConstant(profile))
        {
            return new(window, isScore, method, 0) { Statistic = LeftShare(window), IsConstantReference = true, IsUndetermined = isUndetermined, Checks = checks };
        }

        var (statistic, p, faceValue, isOverBins) = FeatureTests.Measure(method, rules.BinningOf(profile.Name), window, reference);
        return new(window, isScore, method, threshold)
        {
            Statistic = statistic,
            PValue = isUndetermined ? double.NaN : p,
            IsOverBins = isOverBins,
            Doubt = blindShare > 0 ? DriftSentences.Blind(blindShare) : statistic > threshold && p > rules.Significance && faceValue <= rules.Significance ? DriftSentences.Blurred(statistic, threshold) : null,
            IsUndetermined = isUndetermined || double.IsNaN(statistic),
            Checks = checks,
        };
    }

    private static bool IsConstant(FeatureProfile profile) => profile switch
    {
        NumericFeatureProfile numbers => numbers.IsConstant,
        CategoricalFeatureProfile categories => categories.Categories.Length == 1 && categories.OtherCount == 0,
        _ => false,
    };

    // Of the values that are there: missing ones are a matter of data quality.
    private static double LeftShare(FeatureWindow window)
    {
        var weights = window.Histogram.GetWeights();
        var present = weights.Sum() - weights[^1];
        var home = window.Histogram.Profile.BinCounts.AsSpan()[..^1];
        var stayed = 0.0;
        for (var b = 0; b < home.Length; b++)
        {
            stayed += home[b] > 0 ? weights[b] : 0;
        }

        return present > 0 ? Math.Max((present - stayed) / present, 0) : 0;
    }
}
