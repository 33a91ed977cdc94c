using Mlp.Runtime.Models;

namespace Mlp.Training.Evaluation;

/// <summary>How a metric is read from an evaluation and which way is better.</summary>
internal static class MetricRule
{
    private static readonly Dictionary<GateMetric, Rule> Rules = new()
    {
        [GateMetric.Auc] = new(MetricNames.Auc, "AUC", true, ModelTask.BinaryClassification),
        [GateMetric.LogLoss] = new(MetricNames.LogLoss, "log loss", false, ModelTask.BinaryClassification, ModelTask.MulticlassClassification),
        [GateMetric.Brier] = new(MetricNames.Brier, "Brier score", false, ModelTask.BinaryClassification),
        [GateMetric.RootMeanSquaredError] = new(MetricNames.RootMeanSquaredError, "root mean squared error", false, ModelTask.Regression),
        [GateMetric.AveragePrecision] = new(MetricNames.AveragePrecision, "average precision", true, ModelTask.BinaryClassification),
        [GateMetric.Accuracy] = new(MetricNames.Accuracy, "accuracy", true, ModelTask.BinaryClassification, ModelTask.MulticlassClassification),
        [GateMetric.F1] = new(MetricNames.F1, "F1", true, ModelTask.BinaryClassification),
        [GateMetric.MeanAbsoluteError] = new(MetricNames.MeanAbsoluteError, "mean absolute error", false, ModelTask.Regression),
        [GateMetric.RSquared] = new(MetricNames.RSquared, "R²", true, ModelTask.Regression),
        [GateMetric.MacroF1] = new(MetricNames.MacroF1, "macro F1", true, ModelTask.MulticlassClassification),
        [GateMetric.MacroAuc] = new(MetricNames.MacroAuc, "macro AUC", true, ModelTask.MulticlassClassification),
        [GateMetric.Ndcg] = new(MetricNames.Ndcg, "NDCG", true, ModelTask.Ranking),
        [GateMetric.MeanReciprocalRank] = new(MetricNames.MeanReciprocalRank, "mean reciprocal rank", true, ModelTask.Ranking),
        [GateMetric.MeanAveragePrecision] = new(MetricNames.MeanAveragePrecision, "mean average precision", true, ModelTask.Ranking),
    };

    /// <summary>The metric to compare by.</summary>
    /// <exception cref="ArgumentException">The metric says nothing about the task.</exception>
    public static GateMetric For(ModelTask task, GateMetric? wanted)
    {
        var metric = wanted ?? task switch
        {
            ModelTask.BinaryClassification => GateMetric.Auc,
            ModelTask.Regression => GateMetric.RootMeanSquaredError,
            ModelTask.MulticlassClassification => GateMetric.LogLoss,
            ModelTask.Ranking => GateMetric.Ndcg,
            _ => throw new ArgumentException($"Expected a model with a score, but found {task}.", nameof(task)),
        };
        return Rules[metric].Tasks.Contains(task) ? metric : throw new ArgumentException($"Expected a metric for {task}, but found {metric}.", nameof(wanted));
    }

    public static double Read(GateMetric metric, EvaluationResult result) => result.Metrics[Key(metric)];

    /// <summary>By how much the challenger is better.</summary>
    public static double Improvement(GateMetric metric, double challenger, double champion)
        => Rules[metric].HigherIsBetter ? challenger - champion : champion - challenger;

    /// <summary>Whether a greater value is better, by the metric's name in results; null for one that is no <see cref="GateMetric"/>.</summary>
    public static bool? HigherIsBetter(string key) => Rules.Values.FirstOrDefault(r => r.Key == key)?.HigherIsBetter;

    /// <summary>The metric's name in results and manifests.</summary>
    public static string Key(GateMetric metric) => Rules[metric].Key;

    /// <summary>The metric's name in sentences.</summary>
    public static string Name(GateMetric metric) => Rules[metric].Name;

    private sealed record Rule(string Key, string Name, bool HigherIsBetter, params ModelTask[] Tasks);
}
