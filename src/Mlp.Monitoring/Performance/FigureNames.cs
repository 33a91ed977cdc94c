using Mlp.Runtime.Statistics.Intervals;

namespace Mlp.Monitoring.Performance;

/// <summary>Names of the figures of live quality: keys of <see cref="PerformanceResult.Intervals"/>, and behind <see cref="Prefix"/> the names of figures that alert rules watch.</summary>
public static class FigureNames
{
    /// <summary>What the names of quality figures begin with.</summary>
    public const string Prefix = "performance.";

    /// <summary>What the names of figures estimated without labels begin with, behind <see cref="Prefix"/>.</summary>
    public const string Estimated = "estimated_";

    /// <summary>Share of the matured answers that have a label.</summary>
    public const string LabelMaturity = "labels.maturity";

    /// <summary>Area under the ROC curve.</summary>
    public const string Auc = MetricTerms.Auc;

    /// <summary>How far the area of a live figure, which comes from score bins, can be from the exact one.</summary>
    public const string AucErrorBound = "auc_error_bound";

    /// <summary>Average precision.</summary>
    public const string AveragePrecision = MetricTerms.AveragePrecision;

    /// <summary>Log loss.</summary>
    public const string LogLoss = MetricTerms.LogLoss;

    /// <summary>Brier score.</summary>
    public const string Brier = MetricTerms.Brier;

    /// <summary>Expected calibration error over bins of equal width.</summary>
    public const string CalibrationError = "calibration_error";

    /// <summary>Accuracy.</summary>
    public const string Accuracy = MetricTerms.Accuracy;

    /// <summary>Precision at the threshold.</summary>
    public const string Precision = MetricTerms.Precision;

    /// <summary>Recall at the threshold.</summary>
    public const string Recall = MetricTerms.Recall;

    /// <summary>Specificity at the threshold.</summary>
    public const string Specificity = "specificity";

    /// <summary>F1 at the threshold.</summary>
    public const string F1 = MetricTerms.F1;

    /// <summary>Mean of the classes' F1.</summary>
    public const string MacroF1 = MetricTerms.MacroF1;

    /// <summary>Mean of the classes' areas against the rest.</summary>
    public const string MacroAuc = MetricTerms.MacroAuc;

    /// <summary>Mean precision of the classes, each against the rest.</summary>
    public const string MacroPrecision = "macro_precision";

    /// <summary>Mean recall of the classes, each against the rest.</summary>
    public const string MacroRecall = "macro_recall";

    /// <summary>Mean specificity of the classes, each against the rest.</summary>
    public const string MacroSpecificity = "macro_specificity";

    /// <summary>Mean error.</summary>
    public const string MeanError = MetricTerms.MeanError;

    /// <summary>Mean absolute error.</summary>
    public const string MeanAbsoluteError = MetricTerms.MeanAbsoluteError;

    /// <summary>Root mean squared error.</summary>
    public const string RootMeanSquaredError = MetricTerms.RootMeanSquaredError;

    /// <summary>Mean absolute percentage error.</summary>
    public const string MeanAbsolutePercentageError = MetricTerms.MeanAbsolutePercentageError;

    /// <summary>R².</summary>
    public const string RSquared = MetricTerms.RSquared;

    /// <summary>NDCG.</summary>
    public const string Ndcg = MetricTerms.Ndcg;

    /// <summary>Mean reciprocal rank.</summary>
    public const string MeanReciprocalRank = MetricTerms.MeanReciprocalRank;

    /// <summary>Mean average precision.</summary>
    public const string MeanAveragePrecision = MetricTerms.MeanAveragePrecision;
}
