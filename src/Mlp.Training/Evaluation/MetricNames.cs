using Mlp.Runtime.Statistics.Intervals;

namespace Mlp.Training.Evaluation;

/// <summary>Names of metrics in manifests.</summary>
public static class MetricNames
{
    /// <summary>Area under the ROC curve.</summary>
    public const string Auc = MetricTerms.Auc;

    /// <summary>Average precision.</summary>
    public const string AveragePrecision = MetricTerms.AveragePrecision;

    /// <summary>Log loss, nats.</summary>
    public const string LogLoss = MetricTerms.LogLoss;

    /// <summary>Brier score.</summary>
    public const string Brier = MetricTerms.Brier;

    /// <summary>Accuracy: at the decision threshold, or of several classes.</summary>
    public const string Accuracy = MetricTerms.Accuracy;

    /// <summary>Precision at the decision threshold.</summary>
    public const string Precision = MetricTerms.Precision;

    /// <summary>Recall at the decision threshold.</summary>
    public const string Recall = MetricTerms.Recall;

    /// <summary>F1 at the decision threshold.</summary>
    public const string F1 = MetricTerms.F1;

    /// <summary>Mean of the classes' F1.</summary>
    public const string MacroF1 = MetricTerms.MacroF1;

    /// <summary>Mean of the classes' F1, each weighted by its true rows.</summary>
    public const string WeightedF1 = MetricTerms.WeightedF1;

    /// <summary>Mean of the classes' areas under the ROC curve, each against the rest.</summary>
    public const string MacroAuc = MetricTerms.MacroAuc;

    /// <summary>The same mean, each weighted by its true rows.</summary>
    public const string WeightedAuc = MetricTerms.WeightedAuc;

    /// <summary>Expected calibration error over ten bins of equal width.</summary>
    public const string CalibrationError = "calibration_error";

    /// <summary>Mean of prediction − label, in the label's unit.</summary>
    public const string MeanError = MetricTerms.MeanError;

    /// <summary>Mean of |prediction − label|, in the label's unit.</summary>
    public const string MeanAbsoluteError = MetricTerms.MeanAbsoluteError;

    /// <summary>Root of the mean squared error, in the label's unit.</summary>
    public const string RootMeanSquaredError = MetricTerms.RootMeanSquaredError;

    /// <summary>Share of the label's variance that the predictions explain.</summary>
    public const string RSquared = MetricTerms.RSquared;

    /// <summary>NDCG up to a rank.</summary>
    public const string Ndcg = MetricTerms.Ndcg;

    /// <summary>Mean reciprocal rank.</summary>
    public const string MeanReciprocalRank = MetricTerms.MeanReciprocalRank;

    /// <summary>Mean average precision.</summary>
    public const string MeanAveragePrecision = MetricTerms.MeanAveragePrecision;

    /// <summary>Share of rows whose true class is among the k of the greatest scores.</summary>
    /// <param name="k">Number of classes.</param>
    public static string TopK(int k) => FormattableString.Invariant($"top_{k}_accuracy");
}
