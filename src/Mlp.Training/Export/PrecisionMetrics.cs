using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>The few measures of quality by which two files of one model are compared on labelled rows.</summary>
internal static class PrecisionMetrics
{
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
        double[] labels = [.. rows.Labels[start..]];
        switch (output.Task)
        {
            case ModelTask.BinaryClassification:
                var binary = BinaryClassificationMetrics.Compute(scores, Array.ConvertAll(labels, l => (byte)l), output.DecisionThreshold);
                return [(MetricNames.Auc, binary.Auc), (MetricNames.LogLoss, binary.LogLoss)];
            case ModelTask.MulticlassClassification:
                var classes = MulticlassMetrics.Compute(scores, Array.ConvertAll(labels, l => (int)l), scores.Length / labels.Length);
                return [(MetricNames.Accuracy, classes.Accuracy), (MetricNames.LogLoss, classes.LogLoss)];
            case ModelTask.Regression:
                var regression = RegressionMetrics.Compute(scores, labels);
                return [(MetricNames.RootMeanSquaredError, regression.RootMeanSquaredError), (MetricNames.MeanAbsoluteError, regression.MeanAbsoluteError)];
            case ModelTask.Ranking when !rows.Groups.IsEmpty:
                var ranking = RankingMetrics.Compute(scores, labels, Array.ConvertAll(rows.Groups[start..].ToArray(), g => (ulong)g));
                return [(MetricNames.Ndcg, ranking.Ndcg)];
            default:
                return [];
        }
    }
}
