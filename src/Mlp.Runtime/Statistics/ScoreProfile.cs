using System.Collections.Immutable;

namespace Mlp.Runtime.Statistics;

/// <summary>The model's score on the reference. Immutable; safe for use by many threads.</summary>
public sealed class ScoreProfile
{
    /// <summary>The number of bins of <see cref="Histogram"/>: 20.</summary>
    public const int HistogramBinCount = 20;

    internal ScoreProfile(NumericFeatureProfile distribution, ImmutableArray<long> histogram)
    {
        var values = distribution.RowCount - distribution.MissingCount;
        if (!histogram.IsEmpty && (histogram.Length != HistogramBinCount || histogram.Sum() != values || histogram.Min() < 0))
        {
            throw new ArgumentException(
                $"Expected the score's histogram to hold its {values} values in {HistogramBinCount} bins, "
                + $"but found {histogram.Sum()} in {histogram.Length}.",
                nameof(histogram));
        }

        Distribution = distribution;
        Histogram = histogram;
    }

    /// <summary>The scores in bins of equal share, as a feature.</summary>
    public NumericFeatureProfile Distribution { get; }

    /// <summary>
    /// True where every score of the reference lies in [0, 1], give or take <see cref="BinaryClassificationMetrics.ProbabilityTolerance"/>.
    /// </summary>
    public bool IsProbability => !Histogram.IsEmpty;

    /// <summary>
    /// Rows per bin of width 1/20 over [0, 1]; a score equal to an edge goes to the upper bin, 1 to the last. Empty where the score is no
    /// probability.
    /// </summary>
    public ImmutableArray<long> Histogram { get; }
}
