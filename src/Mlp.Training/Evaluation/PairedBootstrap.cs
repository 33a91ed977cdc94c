using Mlp.Training.Networks;

namespace Mlp.Training.Evaluation;

/// <summary>
/// Confidence interval of a difference between two models on the same rows: rows are drawn with replacement, both models are measured on the draw, and the interval is cut from
/// the sorted differences (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13, percentile interval).
/// </summary>
internal static class PairedBootstrap
{
    /// <summary>The interval of the improvement.</summary>
    /// <param name="metric">What is compared.</param>
    /// <param name="challenger">Scores of the challenger.</param>
    /// <param name="champion">Scores of the champion on the same rows.</param>
    /// <param name="labels">Labels of the rows.</param>
    /// <param name="options">Resamples, confidence and seed.</param>
    /// <param name="cancellationToken">Ends the resampling.</param>
    /// <returns>The interval, or null when no draw held both classes.</returns>
    public static ImprovementInterval? Compute(
        GateMetric metric, double[] challenger, double[] champion, ReadOnlySpan<double> labels, GateOptions options, CancellationToken cancellationToken)
    {
        var truth = labels.ToArray();
        var a = Measure.Of(metric, challenger, truth);
        var b = Measure.Of(metric, champion, truth);
        var random = SeededRandom.For(options.Seed, "bootstrap");
        var weights = new int[truth.Length];
        var improvements = new List<double>(options.BootstrapSamples);
        for (var sample = 0; sample < options.BootstrapSamples; sample++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(weights);
            for (var i = 0; i < weights.Length; i++)
            {
                weights[random.NextInt(weights.Length)]++;
            }

            var improvement = MetricRule.Improvement(metric, a.At(weights), b.At(weights));
            if (double.IsFinite(improvement))
            {
                improvements.Add(improvement);
            }
        }

        if (improvements.Count == 0)
        {
            return null;
        }

        improvements.Sort();
        var tail = (1 - options.Confidence) / 2;
        return new(Quantile(improvements, tail), Quantile(improvements, 1 - tail), options.Confidence);
    }

    private static double Quantile(List<double> sorted, double share)
        => sorted[Math.Clamp((int)Math.Round(share * (sorted.Count - 1), MidpointRounding.AwayFromZero), 0, sorted.Count - 1)];

    // A metric of one model as a function of how often each row was drawn.
    private abstract class Measure
    {
        public static Measure Of(GateMetric metric, double[] scores, double[] labels)
            => metric == GateMetric.Auc ? new AreaMeasure(scores, labels) : new LossMeasure(metric, scores, labels);

        public abstract double At(int[] weights);
    }

    private sealed class AreaMeasure : Measure
    {
        private readonly int[] _order;
        private readonly double[] _scores;
        private readonly double[] _labels;

        public AreaMeasure(double[] scores, double[] labels)
        {
            // Sorted once: a draw changes how often a row counts, not where it stands.
            _order = [.. Enumerable.Range(0, scores.Length)];
            _scores = [.. scores];
            Array.Sort(_scores, _order);
            _labels = [.. _order.Select(row => labels[row])];
        }

        // Mann-Whitney with weights; ties count one half.
        public override double At(int[] weights)
        {
            long below = 0, positives = 0, twice = 0;
            for (var start = 0; start < _scores.Length;)
            {
                long positivesHere = 0, negativesHere = 0;
                var end = start;
                for (; end < _scores.Length && _scores[end] == _scores[start]; end++)
                {
                    var weight = weights[_order[end]];
                    positivesHere += _labels[end] == 1 ? weight : 0;
                    negativesHere += _labels[end] == 1 ? 0 : weight;
                }

                twice += positivesHere * ((2 * below) + negativesHere);
                below += negativesHere;
                positives += positivesHere;
                start = end;
            }

            return positives == 0 || below == 0 ? double.NaN : (double)twice / (2 * positives * below);
        }
    }

    private sealed class LossMeasure : Measure
    {
        // As the metric kernels clip probabilities.
        private const double Epsilon = 1.0 / (1L << 52);

        private readonly double[] _losses;
        private readonly bool _takesRoot;

        public LossMeasure(GateMetric metric, double[] scores, double[] labels)
        {
            _takesRoot = metric == GateMetric.RootMeanSquaredError;
            _losses = [.. scores.Select((score, row) => metric == GateMetric.LogLoss ? LogLoss(score, labels[row]) : (score - labels[row]) * (score - labels[row]))];
        }

        public override double At(int[] weights)
        {
            double sum = 0;
            for (var i = 0; i < weights.Length; i++)
            {
                sum += weights[i] * _losses[i];
            }

            var mean = sum / weights.Length;
            return _takesRoot ? Math.Sqrt(mean) : mean;
        }

        private static double LogLoss(double score, double label)
            => -Math.Log(Math.Clamp(label == 1 ? score : 1 - score, Epsilon, 1 - Epsilon));
    }
}
