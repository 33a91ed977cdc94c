using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Comparison;

/// <summary>A metric of one model as a function of how often each unit was drawn: each row, or for ranking each group in the order of their first rows.</summary>
internal abstract class DrawnMetric
{
    /// <summary>What can be drawn.</summary>
    public abstract int UnitCount { get; }

    /// <summary>Prepares a metric.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="rows">The rows; each with a weight above 0.</param>
    /// <param name="threshold">Where class 1 begins.</param>
    public static DrawnMetric Of(GateMetric metric, ScoredRows rows, double threshold) => metric switch
    {
        GateMetric.Auc => new Area(rows),
        GateMetric.LogLoss or GateMetric.Brier or GateMetric.RootMeanSquaredError or GateMetric.MeanAbsoluteError or GateMetric.Accuracy
            => new Mean(LossesOf(metric, rows, threshold), rows.WeightsOrOnes(), metric == GateMetric.RootMeanSquaredError),
        GateMetric.Ndcg or GateMetric.MeanReciprocalRank or GateMetric.MeanAveragePrecision => OfGroups(metric, rows),
        _ => new Kernel(metric, rows, threshold),
    };

    /// <summary>The metric on a draw; NaN where it is not defined.</summary>
    /// <param name="counts">How often each unit was drawn.</param>
    public abstract double At(int[] counts);

    private static double[] LossesOf(GateMetric metric, ScoredRows rows, double threshold)
    {
        var losses = new double[rows.RowCount];
        var classCount = rows.ScoreCount;
        for (var i = 0; i < losses.Length; i++)
        {
            var scores = rows.Scores.Slice(i * classCount, classCount);
            var label = rows.Labels[i];
            losses[i] = (metric, rows.Task) switch
            {
                (GateMetric.LogLoss, ModelTask.MulticlassClassification) => MulticlassMetrics.LossOf(scores, (int)label),
                (GateMetric.LogLoss, _) => -Math.Log(LogLoss.Clip(label == 1 ? scores[0] : 1 - scores[0])),
                (GateMetric.Accuracy, ModelTask.MulticlassClassification) => MulticlassMetrics.PredictedClass(scores) == label ? 1 : 0,
                (GateMetric.Accuracy, _) => scores[0] >= threshold == (label == 1) ? 1 : 0,
                (GateMetric.MeanAbsoluteError, _) => Math.Abs(scores[0] - label),
                _ => (scores[0] - label) * (scores[0] - label),
            };
        }

        return losses;
    }

    private static Mean OfGroups(GateMetric metric, ScoredRows rows)
    {
        var (values, weights) = (new List<double>(), new List<double>());
        foreach (var group in Enumerable.Range(0, rows.RowCount).GroupBy(i => rows.Groups[i]))
        {
            var own = rows.Select([.. group]);
            var figures = RankingMetrics.Compute(own.Scores, own.Labels, own.Groups);
            var value = metric switch
            {
                GateMetric.Ndcg => figures.Ndcg,
                GateMetric.MeanReciprocalRank => figures.MeanReciprocalRank,
                _ => figures.MeanAveragePrecision,
            };

            // A group without a relevant row has no average precision and does not count to its mean.
            values.Add(double.IsNaN(value) ? 0 : value);
            weights.Add(double.IsNaN(value) ? 0 : own.Weights.IsEmpty ? 1 : own.Weights[0]);
        }

        return new([.. values], [.. weights], takesRoot: false);
    }

    private sealed class Mean(double[] values, double[] weights, bool takesRoot) : DrawnMetric
    {
        public override int UnitCount => values.Length;

        public override double At(int[] counts)
        {
            var (sum, total) = (0.0, 0.0);
            for (var i = 0; i < counts.Length; i++)
            {
                sum += counts[i] * weights[i] * values[i];
                total += counts[i] * weights[i];
            }

            return takesRoot ? Math.Sqrt(sum / total) : sum / total;
        }
    }

    private sealed class Area : DrawnMetric
    {
        private readonly int[] _order;
        private readonly double[] _scores;
        private readonly bool[] _isPositive;
        private readonly double[] _weights;

        public Area(ScoredRows rows)
        {
            // Sorted once: a draw changes how often a row counts, not where it stands.
            _order = [.. Enumerable.Range(0, rows.RowCount)];
            _scores = rows.Scores.ToArray();
            Array.Sort(_scores, _order);
            var weights = rows.WeightsOrOnes();
            _isPositive = Array.ConvertAll(_order, row => rows.Labels[row] == 1);
            _weights = Array.ConvertAll(_order, row => weights[row]);
        }

        public override int UnitCount => _order.Length;

        // Mann-Whitney with weights; ties count one half.
        public override double At(int[] counts)
        {
            double below = 0, positives = 0, right = 0;
            for (var start = 0; start < _scores.Length;)
            {
                double positivesHere = 0, negativesHere = 0;
                var end = start;
                for (; end < _scores.Length && _scores[end] == _scores[start]; end++)
                {
                    var weight = counts[_order[end]] * _weights[end];
                    positivesHere += _isPositive[end] ? weight : 0;
                    negativesHere += _isPositive[end] ? 0 : weight;
                }

                right += positivesHere * (below + (negativesHere / 2));
                below += negativesHere;
                positives += positivesHere;
                start = end;
            }

            return positives == 0 || below == 0 ? double.NaN : right / (positives * below);
        }
    }

    private sealed class Kernel(GateMetric metric, ScoredRows rows, double threshold) : DrawnMetric
    {
        public override int UnitCount => rows.RowCount;

        public override double At(int[] counts) => MetricRule.Read(metric, EvaluationCalculator.Compute(rows.Drawn(counts), threshold, options: null));
    }
}
