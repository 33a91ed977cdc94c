using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation;

/// <summary>How good a model's scores are on labelled rows. Immutable.</summary>
public sealed record EvaluationResult
{
    internal EvaluationResult(BinaryClassificationMetrics classification)
    {
        Classification = classification;
        RowCount = classification.RowCount;
        Metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [MetricNames.Auc] = classification.Auc,
            [MetricNames.AveragePrecision] = classification.AveragePrecision,
            [MetricNames.LogLoss] = classification.LogLoss,
            [MetricNames.Brier] = classification.Brier,
            [MetricNames.Accuracy] = classification.Accuracy,
            [MetricNames.Precision] = classification.Precision,
            [MetricNames.Recall] = classification.Recall,
            [MetricNames.CalibrationError] = classification.ExpectedCalibrationError,
        };
    }

    internal EvaluationResult(RegressionMetrics regression)
    {
        Regression = regression;
        RowCount = regression.RowCount;
        Metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [MetricNames.MeanError] = regression.MeanError,
            [MetricNames.MeanAbsoluteError] = regression.MeanAbsoluteError,
            [MetricNames.RootMeanSquaredError] = regression.RootMeanSquaredError,
            [MetricNames.RSquared] = regression.RSquared,
        };
    }

    /// <summary>Rows evaluated.</summary>
    public long RowCount { get; }

    /// <summary>The metrics of a classifier; null for a regression.</summary>
    public BinaryClassificationMetrics? Classification { get; }

    /// <summary>The metrics of a regression; null for a classifier.</summary>
    public RegressionMetrics? Regression { get; }

    /// <summary>The same numbers by name, for a model's manifest: see <see cref="MetricNames"/>. NaN where a metric is not defined on the rows.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; }
}
