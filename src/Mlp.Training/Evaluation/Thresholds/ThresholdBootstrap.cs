using Mlp.Runtime.Statistics;
using Mlp.Training.Networks;

namespace Mlp.Training.Evaluation.Thresholds;

/// <summary>What resamples of the rows say of a chosen threshold: percentile intervals (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13).</summary>
/// <param name="Threshold">Of the thresholds that resamples choose.</param>
/// <param name="Value">Of the rule's figure at the chosen threshold.</param>
/// <param name="Cost">Of the mean cost at the chosen threshold.</param>
internal readonly record struct ThresholdBootstrap(ConfidenceInterval Threshold, ConfidenceInterval Value, ConfidenceInterval Cost)
{
    /// <summary>Draws rows with replacement.</summary>
    public static ThresholdBootstrap Run(ThresholdSweep sweep, ThresholdRule rule, int chosen, double[] weights, ThresholdOptions options, CancellationToken cancellationToken)
    {
        var random = SeededRandom.For(options.Seed, "threshold");
        var drawn = new double[weights.Length];
        var (thresholds, values, costs) = (new List<double>(), new List<double>(), new List<double>());
        for (var sample = 0; sample < options.BootstrapSamples; sample++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(drawn);
            for (var i = 0; i < drawn.Length; i++)
            {
                var row = random.NextInt(drawn.Length);
                drawn[row] += weights[row];
            }

            var (best, counts, cost) = sweep.BestAndAt(rule, chosen, drawn);
            if (best >= 0)
            {
                thresholds.Add(sweep.Thresholds[best]);
            }

            values.Add(rule.ValueOf(counts, cost));
            costs.Add(cost);
        }

        return new(Interval(thresholds, options.BootstrapSamples), Interval(values, options.BootstrapSamples), Interval(costs, options.BootstrapSamples));
    }

    // Of draws without a value, as of one class only, half may be missing.
    private static ConfidenceInterval Interval(List<double> values, int sampleCount)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        return sorted.Length == 0 || 2 * sorted.Length < sampleCount
            ? new(double.NaN, double.NaN)
            : new(At(sorted, 0.025), At(sorted, 0.975));
    }

    private static double At(double[] sorted, double share) => sorted[(int)Math.Round(share * (sorted.Length - 1), MidpointRounding.AwayFromZero)];
}
