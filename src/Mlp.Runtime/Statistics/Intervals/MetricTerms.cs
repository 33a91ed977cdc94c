namespace Mlp.Runtime.Statistics.Intervals;

/// <summary>The names of metrics in manifests, results and alert rules: one list, so that a live figure and one of a holdout have the same name.</summary>
internal static class MetricTerms
{
    internal const string Auc = "auc";
    internal const string AveragePrecision = "average_precision";
    internal const string LogLoss = "log_loss";
    internal const string Brier = "brier";
    internal const string Accuracy = "accuracy";
    internal const string Precision = "precision";
    internal const string Recall = "recall";
    internal const string F1 = "f1";
    internal const string MacroF1 = "macro_f1";
    internal const string WeightedF1 = "weighted_f1";
    internal const string MacroAuc = "macro_auc";
    internal const string WeightedAuc = "weighted_auc";
    internal const string MeanError = "mean_error";
    internal const string MeanAbsoluteError = "mean_absolute_error";
    internal const string RootMeanSquaredError = "root_mean_squared_error";
    internal const string MeanAbsolutePercentageError = "mean_absolute_percentage_error";
    internal const string RSquared = "r_squared";
    internal const string Ndcg = "ndcg";
    internal const string MeanReciprocalRank = "mean_reciprocal_rank";
    internal const string MeanAveragePrecision = "mean_average_precision";
}
