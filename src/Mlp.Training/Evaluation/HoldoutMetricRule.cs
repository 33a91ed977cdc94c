using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation;

/// <summary>Computes a metric of scored rows.</summary>
internal static class HoldoutMetricRule
{
    /// <summary>The metric that is meant.</summary>
    /// <exception cref="ArgumentException">The metric says nothing about the task, or nothing of the task can be measured row by row.</exception>
    public static HoldoutMetric For(ModelTask task, HoldoutMetric? wanted)
    {
        var isRegression = task == ModelTask.Regression;
        if (!isRegression && task is not (ModelTask.BinaryClassification or ModelTask.MulticlassClassification))
        {
            throw new ArgumentException($"Expected a model for classification or regression, but found {task}.", nameof(task));
        }

        var metric = wanted ?? (isRegression ? HoldoutMetric.RootMeanSquaredError : HoldoutMetric.LogLoss);
        return metric is HoldoutMetric.RootMeanSquaredError or HoldoutMetric.MeanAbsoluteError or HoldoutMetric.RSquared == isRegression
            ? metric
            : throw new ArgumentException($"Expected a metric for {task}, but found {metric}.", nameof(wanted));
    }

    public static bool IsGreaterBetter(HoldoutMetric metric) => metric is HoldoutMetric.Auc or HoldoutMetric.Accuracy or HoldoutMetric.RSquared;

    public static string Name(HoldoutMetric metric) => metric switch
    {
        HoldoutMetric.LogLoss => "log loss",
        HoldoutMetric.Auc => "AUC",
        HoldoutMetric.Accuracy => "accuracy",
        HoldoutMetric.RootMeanSquaredError => "root mean squared error",
        HoldoutMetric.MeanAbsoluteError => "mean absolute error",
        _ => "R²",
    };

    /// <summary>Computes it.</summary>
    /// <param name="metric">Which.</param>
    /// <param name="scores">Shape (rows, scoreCount), row-major.</param>
    /// <param name="scoreCount">Scores of a row.</param>
    /// <param name="labels">Shape (rows).</param>
    /// <param name="weights">Shape (rows); empty where all count the same. Rows of weight 0 are left out.</param>
    public static double Compute(HoldoutMetric metric, float[] scores, int scoreCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        var (kept, truth, counts) = (new List<double>(scores.Length), new List<double>(labels.Length), new List<double>(labels.Length));
        for (var row = 0; row < labels.Length; row++)
        {
            if (weights.IsEmpty || weights[row] > 0)
            {
                for (var c = 0; c < scoreCount; c++)
                {
                    kept.Add(scores[(row * scoreCount) + c]);
                }

                truth.Add(labels[row]);
                counts.Add(weights.IsEmpty ? 1 : weights[row]);
            }
        }

        double[] wide = [.. kept];
        double[] counting = [.. counts];
        if (metric is HoldoutMetric.RootMeanSquaredError or HoldoutMetric.MeanAbsoluteError or HoldoutMetric.RSquared)
        {
            return OfNumbers(metric, wide, truth, counting);
        }

        if (scoreCount == 1)
        {
            var binary = BinaryClassificationMetrics.ComputeWeighted(wide, [.. truth.Select(l => (byte)l)], counting, 0.5);
            return metric switch { HoldoutMetric.Auc => binary.Auc, HoldoutMetric.Accuracy => binary.Accuracy, _ => binary.LogLoss };
        }

        var several = MulticlassMetrics.ComputeWeighted(wide, [.. truth.Select(l => (int)l)], counting, scoreCount);
        return metric switch { HoldoutMetric.Auc => several.MacroAuc, HoldoutMetric.Accuracy => several.Accuracy, _ => several.LogLoss };
    }

    private static double OfNumbers(HoldoutMetric metric, double[] scores, List<double> labels, double[] weights)
    {
        var (total, absolute, square, mean) = (0.0, 0.0, 0.0, 0.0);
        for (var row = 0; row < scores.Length; row++)
        {
            var error = scores[row] - labels[row];
            total += weights[row];
            absolute += weights[row] * Math.Abs(error);
            square += weights[row] * error * error;
            mean += weights[row] * labels[row];
        }

        mean /= total;
        if (metric != HoldoutMetric.RSquared)
        {
            return metric == HoldoutMetric.MeanAbsoluteError ? absolute / total : Math.Sqrt(square / total);
        }

        var spread = 0.0;
        for (var row = 0; row < scores.Length; row++)
        {
            spread += weights[row] * (labels[row] - mean) * (labels[row] - mean);
        }

        return 1 - (square / spread);
    }
}
