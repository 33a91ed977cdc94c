using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>The few measures of quality by which two files of one model are compared on labelled rows.</summary>
internal static class PrecisionMetrics
{
    private const int Cutoff = 10;

    /// <summary>Measures.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="start">The first row that was scored; it reaches to the last one.</param>
    /// <param name="before">Scores of the one file, shape (rows, scores), row-major.</param>
    /// <param name="after">Scores of the other one.</param>
    /// <param name="output">What the scores mean.</param>
    /// <returns>The measures; none where a score is no number.</returns>
    public static IReadOnlyList<MetricChange> Compare(LabelledRows rows, int start, double[] before, double[] after, ModelOutput output)
    {
        if (!Array.TrueForAll(before, double.IsFinite) || !Array.TrueForAll(after, double.IsFinite))
        {
            return [];
        }

        return [.. Measure(rows, start, before, output).Zip(Measure(rows, start, after, output), (b, a) => new MetricChange(b.Name, b.Value, a.Value))];
    }

    private static (string Name, double Value)[] Measure(LabelledRows rows, int start, double[] scores, ModelOutput output)
    {
        // A row of weight 0 does not count, as in every evaluation.
        var width = scores.Length / (rows.RowCount - start);
        var (labels, weights, counting, groups) = (new List<double>(), new List<double>(), new List<double>(), new List<ulong>());
        for (var row = start; row < rows.RowCount; row++)
        {
            var weight = rows.Weights.IsEmpty ? 1 : rows.Weights[row];
            if (weight > 0)
            {
                labels.Add(rows.Labels[row]);
                weights.Add(weight);
                counting.AddRange(scores.AsSpan((row - start) * width, width));
                groups.Add(rows.Groups.IsEmpty ? 0 : (ulong)rows.Groups[row]);
            }
        }

        return labels.Count == 0 ? []
            : output.Task != ModelTask.Ranking ? Measure([.. counting], [.. labels], [.. weights], output)
            : rows.Groups.IsEmpty ? []
            : [(MetricNames.Ndcg, RankingMetrics.ComputeWeighted([.. counting], [.. labels], [.. groups], WeightsOfGroups(weights, groups), Cutoff).Ndcg)];
    }

    // A ranking counts its groups: one by the mean weight of its rows.
    private static double[] WeightsOfGroups(List<double> weights, List<ulong> groups)
    {
        var means = weights.Zip(groups).GroupBy(p => p.Second, p => p.First).ToDictionary(g => g.Key, g => g.Average());
        return [.. groups.Select(g => means[g])];
    }

    private static (string Name, double Value)[] Measure(double[] scores, double[] labels, double[] weights, ModelOutput output)
    {
        switch (output.Task)
        {
            case ModelTask.BinaryClassification:
                var binary = BinaryClassificationMetrics.ComputeWeighted(scores, Array.ConvertAll(labels, l => (byte)l), weights, output.DecisionThreshold);
                return [(MetricNames.Auc, binary.Auc), (MetricNames.LogLoss, binary.LogLoss)];
            case ModelTask.MulticlassClassification:
                var classes = MulticlassMetrics.ComputeWeighted(scores, Array.ConvertAll(labels, l => (int)l), weights, scores.Length / labels.Length);
                return [(MetricNames.Accuracy, classes.Accuracy), (MetricNames.LogLoss, classes.LogLoss)];
            case ModelTask.Regression:
                var regression = RegressionMetrics.ComputeWeighted(scores, labels, weights);
                return [(MetricNames.RootMeanSquaredError, regression.RootMeanSquaredError), (MetricNames.MeanAbsoluteError, regression.MeanAbsoluteError)];
            default:
                return [];
        }
    }
}
