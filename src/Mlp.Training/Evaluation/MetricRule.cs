using Mlp.Runtime.Models;

namespace Mlp.Training.Evaluation;

/// <summary>How a metric is read from an evaluation and which way is better.</summary>
internal static class MetricRule
{
    /// <summary>The metric to compare by.</summary>
    /// <exception cref="ArgumentException">The metric says nothing about the task.</exception>
    public static GateMetric For(ModelTask task, GateMetric? wanted)
    {
        if (task is not (ModelTask.BinaryClassification or ModelTask.Regression))
        {
            throw new ArgumentException($"Expected a challenger for {ModelTask.BinaryClassification} or {ModelTask.Regression}, but found {task}.", nameof(task));
        }

        var isRegression = task == ModelTask.Regression;
        var metric = wanted ?? (isRegression ? GateMetric.RootMeanSquaredError : GateMetric.Auc);
        return (metric == GateMetric.RootMeanSquaredError) == isRegression
            ? metric
            : throw new ArgumentException($"Expected a metric for {task}, but found {metric}.", nameof(wanted));
    }

    public static double Read(GateMetric metric, EvaluationResult result) => metric switch
    {
        GateMetric.Auc => result.Classification!.Auc,
        GateMetric.LogLoss => result.Classification!.LogLoss,
        GateMetric.Brier => result.Classification!.Brier,
        _ => result.Regression!.RootMeanSquaredError,
    };

    /// <summary>By how much the challenger is better.</summary>
    public static double Improvement(GateMetric metric, double challenger, double champion)
        => metric == GateMetric.Auc ? challenger - champion : champion - challenger;

    public static string Name(GateMetric metric) => metric switch
    {
        GateMetric.Auc => "AUC",
        GateMetric.LogLoss => "log loss",
        GateMetric.Brier => "Brier score",
        _ => "root mean squared error",
    };
}
