using Mlp.Training.Networks;

namespace Mlp.Training.Evaluation.Comparison;

/// <summary>
/// Confidence interval of a difference between two models on the same rows: rows are drawn with replacement, both models are measured on the draw, and the interval is cut from
/// the sorted differences (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13, percentile interval).
/// </summary>
internal static class PairedBootstrap
{
    /// <summary>The interval of the improvement, and how often chance would do as much: twice the smaller share of draws on one side of 0, each share of (k + 1) / (n + 1).</summary>
    /// <param name="metric">What is compared.</param>
    /// <param name="challenger">Scores of the challenger.</param>
    /// <param name="champion">Scores of the champion on the same rows.</param>
    /// <param name="thresholds">Where class 1 begins for either.</param>
    /// <param name="options">Resamples, confidence and seed.</param>
    /// <param name="cancellationToken">Ends the resampling.</param>
    /// <returns>The interval, or none when no draw had the metric.</returns>
    public static PairedDifference Compute(
        GateMetric metric, ScoredRows challenger, ScoredRows champion, (double Challenger, double Champion) thresholds, GateOptions options, CancellationToken cancellationToken)
    {
        var a = DrawnMetric.Of(metric, challenger.Counting(), thresholds.Challenger);
        var b = DrawnMetric.Of(metric, champion.Counting(), thresholds.Champion);
        var random = SeededRandom.For(options.Seed, "bootstrap");
        var counts = new int[a.UnitCount];
        var improvements = new List<double>(options.BootstrapSamples);
        for (var sample = 0; sample < options.BootstrapSamples; sample++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(counts);
            for (var i = 0; i < counts.Length; i++)
            {
                counts[random.NextInt(counts.Length)]++;
            }

            var improvement = MetricRule.Improvement(metric, a.At(counts), b.At(counts));
            if (double.IsFinite(improvement))
            {
                improvements.Add(improvement);
            }
        }

        if (improvements.Count == 0)
        {
            return new(PairedTest.Bootstrap, null, double.NaN);
        }

        improvements.Sort();
        var tail = (1 - options.Confidence) / 2;
        var fewer = Math.Min(improvements.Count(i => i <= 0), improvements.Count(i => i >= 0));
        return new(
            PairedTest.Bootstrap,
            new(Quantile(improvements, tail), Quantile(improvements, 1 - tail), options.Confidence),
            Math.Min(1, 2.0 * (fewer + 1) / (improvements.Count + 1)));
    }

    private static double Quantile(List<double> sorted, double share)
        => sorted[Math.Clamp((int)Math.Round(share * (sorted.Count - 1), MidpointRounding.AwayFromZero), 0, sorted.Count - 1)];
}
