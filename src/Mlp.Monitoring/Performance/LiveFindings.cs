using System.Globalization;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Hosting;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Performance;

/// <summary>What is found wrong in live figures: one that left its threshold, and an estimate that no longer holds.</summary>
internal static class LiveFindings
{
    /// <summary>Figures beyond the user's thresholds, and below those of the reference where the user gave none and there are rows enough.</summary>
    /// <param name="figures">Figures.</param>
    /// <param name="thresholds">The user's.</param>
    /// <param name="estimator">What is known of the reference; null for nothing.</param>
    public static IEnumerable<Finding> BeyondThresholds(IEnumerable<Figure> figures, IReadOnlyList<PerformanceThreshold> thresholds, PerformanceEstimator? estimator)
    {
        var known = figures.Where(f => !double.IsNaN(f.Value)).ToList();
        var comparisons = Math.Max(1, known.Count(f => MetricOf(f.Name) is not null));
        foreach (var figure in known)
        {
            var own = thresholds.Where(t => (t.Model == figure.Subject.Model || t.Model == MonitoringOptions.AllModels) && t.Figure == figure.Name).ToList();
            foreach (var threshold in own)
            {
                if (figure.Value < threshold.Lower)
                {
                    yield return Create(figure, threshold.Lower.Value, 0, "at least", "the threshold that was set");
                }
                else if (figure.Value > threshold.Upper)
                {
                    yield return Create(figure, threshold.Upper.Value, 0, "at most", "the threshold that was set");
                }
            }

            if (own.Count == 0 && estimator is not null && ReferenceThresholds.CanJudge(figure.RowCount, estimator.ChunkSize) && MetricOf(figure.Name) is { } metric)
            {
                var ordinary = estimator.OrdinaryOf(metric);
                var least = ordinary.Mean - ordinary.Distance(figure.RowCount, figure is { Lower: { } lower, Upper: { } upper } ? ErrorOf(figure.Name, lower, upper) : double.NaN, comparisons);
                if (figure.Value < least)
                {
                    yield return Create(figure, least, estimator.RowCount, "at least", EstimationFindings.Origin);
                }
            }
        }
    }

    /// <summary>The finding that estimate and realised area exclude each other.</summary>
    /// <param name="realized">The realised area with its interval.</param>
    /// <param name="estimate">The estimate of the same window.</param>
    /// <param name="referenceRowCount">Rows of the reference.</param>
    public static Finding BrokenEstimate(Figure realized, PerformanceEstimate estimate, long referenceRowCount)
    {
        var threshold = realized.Value < estimate.Lower ? estimate.Lower : estimate.Upper;
        return Create(realized, threshold, referenceRowCount, string.Empty, string.Empty) with
        {
            Kind = FindingKind.EstimateNoLongerHolds,
            Test = FigureNames.Estimated + FigureNames.Auc,
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"Expected the realised auc in the band of the estimate, {estimate.Lower:F4} to {estimate.Upper:F4}, but found {realized.Value:F4}, and the estimate {estimate.Value:F4} lies outside the realised 95 % interval {realized.Lower:F4} to {realized.Upper:F4}: the estimate no longer holds ({QualityProblems.Where(realized.Subject.Model, realized.Subject.Version, realized.From, realized.To)})."),
        };
    }

    /// <summary>The standard error of a figure, from its interval: an estimate's band is three of them wide to both sides.</summary>
    private static double ErrorOf(string name, double lower, double upper)
        => name.StartsWith(FigureNames.Prefix + FigureNames.Estimated, StringComparison.Ordinal) ? (upper - lower) / (2 * ReferenceThresholds.Deviations) : new ConfidenceInterval(lower, upper).StandardError;

    /// <summary>The estimated figure that a figure's name says; null for another figure, and for numbers of rows, which depend on the window.</summary>
    private static EstimatedMetric? MetricOf(string name)
    {
        if (!name.StartsWith(FigureNames.Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var plain = name[FigureNames.Prefix.Length..];
        plain = plain.StartsWith(FigureNames.Estimated, StringComparison.Ordinal) ? plain[FigureNames.Estimated.Length..] : plain;
        foreach (var metric in Enum.GetValues<EstimatedMetric>())
        {
            if (!MetricReference.IsCount(metric) && EstimationFindings.NameOf(metric) == plain)
            {
                return metric;
            }
        }

        return null;
    }

    private static Finding Create(Figure figure, double threshold, long referenceRowCount, string bound, string origin) => new()
    {
        Kind = FindingKind.Performance,
        Subject = figure.Subject,
        Test = figure.Name,
        Statistic = figure.Value,
        Threshold = threshold,
        ReferenceRowCount = referenceRowCount,
        RowCount = figure.RowCount,
        From = figure.From,
        To = figure.To,
        Message = string.Create(
            CultureInfo.InvariantCulture,
            $"Expected {figure.Name} of {bound} {threshold:G6}, {origin}, but found {figure.Value:G6} over {figure.RowCount} rows ({QualityProblems.Where(figure.Subject.Model, figure.Subject.Version, figure.From, figure.To)}{(figure.Subject.Slice is { } slice ? $", {slice}" : string.Empty)}{(figure.Subject.Variant is { } variant ? $", {variant}" : string.Empty)})."),
    };
}
