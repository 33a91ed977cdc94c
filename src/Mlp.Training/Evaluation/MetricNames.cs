namespace Mlp.Training.Evaluation;

/// <summary>Names of metrics in manifests.</summary>
public static class MetricNames
{
    /// <summary>Area under the ROC curve.</summary>
    public const string Auc = "auc";

    /// <summary>Average precision.</summary>
    public const string AveragePrecision = "average_precision";

    /// <summary>Log loss, nats.</summary>
    public const string LogLoss = "log_loss";

    /// <summary>Brier score.</summary>
    public const string Brier = "brier";

    /// <summary>Accuracy at the decision threshold.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>Precision at the decision threshold.</summary>
    public const string Precision = "precision";

    /// <summary>Recall at the decision threshold.</summary>
    public const string Recall = "recall";

    /// <summary>Expected calibration error over ten bins of equal width.</summary>
    public const string CalibrationError = "calibration_error";

    /// <summary>Mean of prediction − label, in the label's unit.</summary>
    public const string MeanError = "mean_error";

    /// <summary>Mean of |prediction − label|, in the label's unit.</summary>
    public const string MeanAbsoluteError = "mean_absolute_error";

    /// <summary>Root of the mean squared error, in the label's unit.</summary>
    public const string RootMeanSquaredError = "root_mean_squared_error";

    /// <summary>Share of the label's variance that the predictions explain.</summary>
    public const string RSquared = "r_squared";
}
