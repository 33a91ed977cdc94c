using System.Globalization;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Estimation;

/// <summary>Judges estimates and the realised figures beside them.</summary>
internal static class EstimationFindings
{
    /// <summary>Where the thresholds of findings come from, as the middle of a sentence.</summary>
    public const string Origin = "what the reference's chunks and the number of rows leave to chance";

    /// <summary>Whether an estimate and a realised figure exclude each other: each lies outside the other's interval.</summary>
    /// <param name="estimate">The estimate with its band.</param>
    /// <param name="realized">The realised figure.</param>
    /// <param name="interval">Its 95 % interval.</param>
    public static bool ExcludeEachOther(in PerformanceEstimate estimate, double realized, ConfidenceInterval interval)
        => (realized < estimate.Lower || realized > estimate.Upper) && (estimate.Value < interval.Lower || estimate.Value > interval.Upper);

    /// <summary>Name of a figure.</summary>
    public static string NameOf(EstimatedMetric metric) => metric switch
    {
        EstimatedMetric.Auc => FigureNames.Auc,
        EstimatedMetric.AveragePrecision => FigureNames.AveragePrecision,
        EstimatedMetric.Accuracy => FigureNames.Accuracy,
        EstimatedMetric.Precision => FigureNames.Precision,
        EstimatedMetric.Recall => FigureNames.Recall,
        EstimatedMetric.Specificity => FigureNames.Specificity,
        EstimatedMetric.F1 => FigureNames.F1,
        EstimatedMetric.TruePositive => "true_positive",
        EstimatedMetric.TrueNegative => "true_negative",
        EstimatedMetric.FalsePositive => "false_positive",
        _ => "false_negative",
    };

    /// <summary>Name of a figure of several classes, where it is a mean over them.</summary>
    /// <param name="metric">The figure.</param>
    /// <param name="task">What the model predicts.</param>
    public static string NameOf(EstimatedMetric metric, ModelTask task) => task != ModelTask.MulticlassClassification ? NameOf(metric) : metric switch
    {
        EstimatedMetric.Auc => FigureNames.MacroAuc,
        EstimatedMetric.Precision => FigureNames.MacroPrecision,
        EstimatedMetric.Recall => FigureNames.MacroRecall,
        EstimatedMetric.Specificity => FigureNames.MacroSpecificity,
        EstimatedMetric.F1 => FigureNames.MacroF1,
        _ => NameOf(metric),
    };

    /// <summary>What is found in a window.</summary>
    /// <param name="result">The window, without findings.</param>
    /// <param name="ordinaryOf">What the reference says about a figure.</param>
    /// <param name="options">Which figures are checked; those that the task does not have are passed over.</param>
    /// <param name="windowCount">Windows that are judged at once.</param>
    public static IEnumerable<Finding> Find(EstimationResult result, Func<EstimatedMetric, OrdinaryValues> ordinaryOf, EstimationOptions options, int windowCount)
    {
        var metrics = options.Checked.Where(m => result.Estimates.Any(e => e.Metric == m)).ToList();
        var comparisons = windowCount * metrics.Count;
        foreach (var metric in metrics)
        {
            var (name, estimate, ordinary) = (NameOf(metric, result.Realized.Task), result[metric], ordinaryOf(metric));
            var referenceRowCount = ordinary.RowCount;
            var least = ordinary.Mean - ordinary.Distance(result.RowCount, estimate.SamplingError, comparisons);
            if (estimate.Value < least && ReferenceThresholds.CanJudge(result.RowCount, ordinary.ChunkSize))
            {
                yield return Low(result, referenceRowCount, FigureNames.Estimated + name, estimate.Value, least, result.RowCount);
            }

            if (!result.IsChecked || RealizedOf(metric, result.Realized) is not { } realized)
            {
                continue;
            }

            var rowCount = result.Realized.LabelledCount - result.Realized.UnusableCount;
            var isInterval = result.Realized.Intervals.TryGetValue(name, out var interval);
            var error = isInterval ? interval.StandardError : double.NaN;
            least = ordinary.Mean - ordinary.Distance(rowCount, error, comparisons);
            if (realized < least && ReferenceThresholds.CanJudge(rowCount, ordinary.ChunkSize))
            {
                yield return Low(result, referenceRowCount, name, realized, least, rowCount);
            }

            if (isInterval && ExcludeEachOther(estimate, realized, interval) && ordinary.IsBeyondChance(realized - estimate.Value, rowCount, error, comparisons))
            {
                yield return Create(result, referenceRowCount, FindingKind.EstimateNoLongerHolds, $"{FigureNames.Estimated}{name}", realized, realized < estimate.Lower ? estimate.Lower : estimate.Upper, rowCount) with
                {
                    Message = string.Create(
                        CultureInfo.InvariantCulture,
                        $"Expected the realised {name} in the band of the estimate, {estimate.Lower:F4} to {estimate.Upper:F4}, but found {realized:F4}, and the estimate {estimate.Value:F4} lies outside the realised 95 % interval {interval.Lower:F4} to {interval.Upper:F4}: the estimate no longer holds ({QualityProblems.Where(result.Model, result.Version, result.From, result.To)})."),
                };
            }
        }
    }

    private static double? RealizedOf(EstimatedMetric metric, PerformanceResult realized)
        => realized.BinaryClassification is { } binary ? RealizedPerformance.Of(metric, binary) : realized.Multiclass is { } classes ? RealizedPerformance.Of(metric, classes) : null;

    private static Finding Low(EstimationResult result, long referenceRowCount, string name, double value, double threshold, long rowCount)
        => Create(result, referenceRowCount, FindingKind.Performance, name, value, threshold, rowCount) with
        {
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {name} of at least {threshold:F4}, {Origin}, but found {value:F4} over {rowCount} rows ({QualityProblems.Where(result.Model, result.Version, result.From, result.To)})."),
        };

    /// <summary>A finding without its message.</summary>
    public static Finding Create(EstimationResult result, long referenceRowCount, FindingKind kind, string test, double statistic, double threshold, long rowCount) => new()
    {
        Kind = kind,
        Subject = new FigureSubject(result.Model, result.Version),
        Test = test,
        Statistic = statistic,
        Threshold = threshold,
        ReferenceRowCount = referenceRowCount,
        RowCount = rowCount,
        From = result.From,
        To = result.To,
        Message = string.Empty,
    };
}
