namespace Mlp.Runtime.Statistics.Intervals;

/// <summary>The confidence intervals of a regression's figures: of means by the rows' own variance, of R² by sampling.</summary>
internal static class RegressionIntervals
{
    /// <summary>Computes them.</summary>
    /// <param name="metrics">The figures.</param>
    /// <param name="predictions">Shape (rows), finite.</param>
    /// <param name="targets">Shape (rows), finite.</param>
    /// <param name="weights">Shape (rows), above 0.</param>
    /// <param name="withBootstrap">Whether R² gets one too.</param>
    /// <param name="seed">Seed of the sampling.</param>
    internal static Dictionary<string, ConfidenceInterval> Compute(
        RegressionMetrics metrics, double[] predictions, double[] targets, double[] weights, bool withBootstrap, int seed = Bootstrap.DefaultSeed)
    {
        var (error, magnitude, square, percentage) = (default(RunningMean), default(RunningMean), default(RunningMean), default(RunningMean));
        for (var i = 0; i < predictions.Length; i++)
        {
            var miss = predictions[i] - targets[i];
            error.Add(miss, weights[i]);
            magnitude.Add(Math.Abs(miss), weights[i]);
            square.Add(miss * miss, weights[i]);
            percentage.Add(Math.Abs(miss) / Math.Max(Math.Abs(targets[i]), LogLoss.Epsilon), weights[i]);
        }

        var intervals = new Dictionary<string, ConfidenceInterval>(StringComparer.Ordinal)
        {
            [MetricTerms.MeanError] = error.Interval,
            [MetricTerms.MeanAbsoluteError] = magnitude.Interval,
            [MetricTerms.RootMeanSquaredError] = square.Interval.Map(v => Math.Sqrt(Math.Max(0, v))),
            [MetricTerms.MeanAbsolutePercentageError] = percentage.Interval,
        };
        if (withBootstrap)
        {
            double[] Pick(double[] values, int[] sample) => Array.ConvertAll(sample, i => values[i]);
            var standardError = Bootstrap.StandardError(
                predictions.Length, sample => RegressionMetrics.ComputeWeighted(Pick(predictions, sample), Pick(targets, sample), Pick(weights, sample)).RSquared, seed);
            intervals[MetricTerms.RSquared] = ConfidenceInterval.Normal(metrics.RSquared, standardError, greatest: 1);
        }

        return intervals;
    }
}
