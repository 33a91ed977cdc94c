namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>The figures that labels gave.</summary>
internal static class RealizedPerformance
{
    /// <summary>A figure of labelled rows; NaN where it is not defined: with a single class, and for a figure at the threshold where all rows lie on one side.</summary>
    /// <param name="metric">Which figure.</param>
    /// <param name="scores">Shape (rows).</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    /// <param name="threshold">Decision threshold.</param>
    internal static double Compute(EstimatedMetric metric, ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, double threshold)
    {
        using var classes = ClassScores.Create(scores, labels);
        var counts = ConfusionCounts.AtThreshold(classes.Positives, classes.Negatives, threshold);
        return metric switch
        {
            EstimatedMetric.Auc => RocAuc.Compute(classes.Positives, classes.Negatives),
            EstimatedMetric.AveragePrecision => AveragePrecision.Compute(classes.Positives, classes.Negatives),
            EstimatedMetric.TruePositive => counts.TruePositives,
            EstimatedMetric.TrueNegative => counts.TrueNegatives,
            EstimatedMetric.FalsePositive => counts.FalsePositives,
            EstimatedMetric.FalseNegative => counts.FalseNegatives,
            _ => Of(metric, counts),
        };
    }

    /// <summary>A figure of evaluated rows.</summary>
    /// <param name="metric">Which figure.</param>
    /// <param name="metrics">The rows' figures.</param>
    internal static double Of(EstimatedMetric metric, BinaryClassificationMetrics metrics) => metric switch
    {
        EstimatedMetric.Auc => metrics.Auc,
        EstimatedMetric.AveragePrecision => metrics.AveragePrecision,
        _ => Of(metric, metrics.Confusion),
    };

    /// <summary>A figure of evaluated rows of several classes: the mean over all classes, of which one that is neither true nor predicted counts 0. NaN for the area where a class has no rows.</summary>
    /// <param name="metric">Which figure.</param>
    /// <param name="metrics">The rows' figures.</param>
    internal static double Of(EstimatedMetric metric, MulticlassMetrics metrics)
    {
        if (metric == EstimatedMetric.Auc)
        {
            return metrics.Aucs.Any(double.IsNaN) ? double.NaN : metrics.MacroAuc;
        }

        var classes = metrics.Aucs.Count;
        double[] confusion = [.. metrics.Confusion];
        var isOneTrue = Enumerable.Range(0, classes).Count(c => confusion.AsSpan(c * classes, classes).ContainsAnyExcept(0)) <= 1;
        var isOnePredicted = Enumerable.Range(0, classes).Count(c => Enumerable.Range(0, classes).Any(other => confusion[(other * classes) + c] != 0)) <= 1;
        var index = ExpectedClassPerformance.Metrics.IndexOf(metric);
        return index < 0 || isOneTrue || isOnePredicted ? double.NaN : ExpectedClassPerformance.OfConfusion(confusion, classes)[index];
    }

    private static double Of(EstimatedMetric metric, ConfusionCounts counts)
    {
        var (predicted, positive) = (counts.TruePositives + counts.FalsePositives, counts.TruePositives + counts.FalseNegatives);
        var rows = predicted + counts.TrueNegatives + counts.FalseNegatives;
        if (metric is EstimatedMetric.Precision or EstimatedMetric.Recall or EstimatedMetric.Specificity or EstimatedMetric.F1 or EstimatedMetric.Accuracy
            && (positive == 0 || positive == rows || predicted == 0 || predicted == rows))
        {
            return double.NaN;
        }

        return metric switch
        {
            EstimatedMetric.Accuracy => counts.Accuracy,
            EstimatedMetric.Precision => counts.Precision,
            EstimatedMetric.Recall => counts.Recall,
            EstimatedMetric.Specificity => counts.TrueNegatives / (counts.TrueNegatives + counts.FalsePositives),
            EstimatedMetric.F1 => counts.F1,
            EstimatedMetric.TruePositive => counts.TruePositives,
            EstimatedMetric.TrueNegative => counts.TrueNegatives,
            EstimatedMetric.FalsePositive => counts.FalsePositives,
            EstimatedMetric.FalseNegative => counts.FalseNegatives,
            _ => double.NaN,
        };
    }
}
