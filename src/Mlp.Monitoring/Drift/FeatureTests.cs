using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Monitoring.Drift;

/// <summary>The distance of a feature from its reference by any method, and the chance of such a distance where nothing has changed. Pure functions.</summary>
internal static class FeatureTests
{
    /// <summary>Products of row numbers up to which Kolmogorov-Smirnov counts paths; beyond, its approximation is as good and takes no time.</summary>
    private const double MaximumExactProduct = 100_000;

    /// <summary>Rows of the reference from which NannyML takes Kolmogorov-Smirnov over as many bins of equal width.</summary>
    private const int NannyMlBinCount = 10_000;

    /// <summary>Measures.</summary>
    /// <param name="method">The distance.</param>
    /// <param name="binning">The bins, which the window has already but where a distance of numbers has its own.</param>
    /// <param name="window">The window.</param>
    /// <param name="reference">The distribution of the reference's numbers; null where only bins are known.</param>
    /// <returns>Distance, p-value, the p-value if sketches were free of error, and whether a distance that needs numbers was taken over the bins. NaN without rows.</returns>
    public static (double Statistic, double PValue, double FaceValue, bool IsOverBins) Measure(DriftMethod method, DriftBinning binning, FeatureWindow window, EmpiricalDistribution? reference)
    {
        var profile = window.Histogram.Profile;
        var weights = window.Histogram.GetWeights();
        if (DriftRules.NeedsNumbers(method))
        {
            return MeasureNumbers(method, binning, (NumericFeatureProfile)profile, window, weights, reference);
        }

        var counts = profile.BinCounts.AsSpan();
        var chi = ChiSquareTest.PooledContingency(counts, Rescale(weights, window.Histogram.EffectiveRowCount));
        var statistic = method switch
        {
            DriftMethod.JensenShannon => DriftStatistics.WeightedJensenShannonDistance(counts, weights),
            DriftMethod.Hellinger => DriftStatistics.WeightedHellingerDistance(counts, weights),
            DriftMethod.TotalVariation => DriftStatistics.WeightedTotalVariationDistance(counts, weights),
            DriftMethod.LInfinity => DriftStatistics.WeightedLInfinityDistance(counts, weights),
            DriftMethod.ChiSquare => ChiSquareTest.CramersV(chi.Statistic, profile.RowCount, window.Histogram.EffectiveRowCount),
            _ => DriftStatistics.WeightedPopulationStabilityIndex(counts, weights),
        };
        return (statistic, chi.PValue, chi.PValue, false);
    }

    private static (double Statistic, double PValue, double FaceValue, bool IsOverBins) MeasureNumbers(
        DriftMethod method, DriftBinning binning, NumericFeatureProfile profile, FeatureWindow window, double[] weights, EmpiricalDistribution? reference)
    {
        var numbers = reference is null ? null : window.Numbers;
        var f = numbers is null ? BinDistribution.Of(profile, System.Array.ConvertAll([.. profile.BinCounts], c => (double)c)) : reference!;
        var g = numbers?.Distribution ?? BinDistribution.Of(profile, weights);
        if (f.GridAccuracy is { } accuracy && g is { GridAccuracy: null, RankError: 0 })
        {
            g = DDSketch.OnGrid(g, accuracy);
        }

        var rows = numbers?.RowCount ?? Present(weights) * window.Histogram.EffectiveRowCount / weights.Sum();
        var gap = DistributionDistances.KolmogorovSmirnov(f, g);
        var statistic = method switch
        {
            DriftMethod.Wasserstein => DistributionDistances.NormedWasserstein(f, g, profile.StandardDeviation),
            DriftMethod.Energy => DistributionDistances.Energy(f, g) / Math.Sqrt(Math.Max(profile.StandardDeviation, DistributionDistances.SmallestSpread)),
            _ when binning == DriftBinning.EqualWidth && numbers is not null && f.TotalWeight >= NannyMlBinCount => DistributionDistances.BinnedKolmogorovSmirnov(f, g, NannyMlBinCount),
            _ => gap,
        };

        // What sketches may be off by is no drift; on one grid they see no more than there is.
        var error = f.GridAccuracy is not null && f.GridAccuracy == g.GridAccuracy ? 0 : f.RankError + g.RankError;
        var n = profile.RowCount - profile.MissingCount;
        var p = KolmogorovSmirnovPValue(Math.Max(gap - error, 0), n, rows);
        return (statistic, p, error == 0 ? p : KolmogorovSmirnovPValue(gap, n, rows), numbers is null);
    }

    /// <summary>The chance of a Kolmogorov-Smirnov distance: exact for few pairs of rows, the asymptote beyond.</summary>
    /// <param name="gap">The distance.</param>
    /// <param name="n">Rows of one side; of weighted ones their effective number.</param>
    /// <param name="m">Rows of the other.</param>
    public static double KolmogorovSmirnovPValue(double gap, double n, double m)
        => double.IsNaN(gap) || !(n >= 1 && m >= 1) ? double.NaN
            : n * m <= MaximumExactProduct ? KolmogorovSmirnovTest.ExactPValue(gap, (int)n, (int)Math.Round(m))
            : KolmogorovSmirnovTest.AsymptoticPValue(gap, n, m);

    private static double Present(double[] weights) => weights.Sum() - weights[^1];

    private static double[] Rescale(double[] weights, double rows)
    {
        var sum = weights.Sum();
        return sum == rows ? weights : System.Array.ConvertAll(weights, w => w * rows / sum);
    }
}
