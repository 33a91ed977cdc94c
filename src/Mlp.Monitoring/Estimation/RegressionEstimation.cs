using System.Globalization;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Estimation;

/// <summary>Estimates the errors of a regression from its features and predictions: of each row the absolute and the squared error that are expected are kept, and not the features.</summary>
/// <param name="estimator">What was learnt.</param>
internal sealed class RegressionEstimation(DirectLossEstimator estimator) : WindowEstimation
{
    public override int ValueCount => 2;

    public override int ReadCount => estimator.FeatureCount;

    /// <summary>Learns from a reference.</summary>
    /// <exception cref="ArgumentException">There is nothing to learn from.</exception>
    public static DirectLossEstimator Fit(EstimatedRows reference, int chunkSize) => DirectLossEstimator.Fit(reference.Values, reference.Scores, reference.Labels, chunkSize);

    public override bool TryKeep(in JoinedRow row, ReadOnlySpan<double> values, Span<double> kept)
    {
        (kept[0], kept[1]) = estimator.LossesOf(values, row.Score);
        return true;
    }

    public override EstimationResult Estimate(EstimatedRows rows, Range window, EstimationResult result)
    {
        var losses = rows.ValuesOf(window);
        var (magnitudes, squares) = (new double[losses.Length / 2], new double[losses.Length / 2]);
        for (var i = 0; i < magnitudes.Length; i++)
        {
            (magnitudes[i], squares[i]) = (losses[2 * i], losses[(2 * i) + 1]);
        }

        var (absolute, root) = estimator.Estimate(magnitudes, squares, rows.WeightsOf(window));
        return result with { MeanAbsoluteError = absolute, RootMeanSquaredError = root };
    }

    public override IEnumerable<Finding> Find(EstimationResult result, int windowCount)
    {
        var ordinary = estimator.Ordinary;
        var (absolute, root) = (result.MeanAbsoluteError!.Value, result.RootMeanSquaredError!.Value);
        return
        [
            .. Find(result, windowCount, FigureNames.MeanAbsoluteError, absolute, ordinary.MeanAbsoluteError, result.Realized.Regression?.MeanAbsoluteError ?? double.NaN),
            .. Find(result, windowCount, FigureNames.RootMeanSquaredError, root, ordinary.RootMeanSquaredError, result.Realized.Regression?.RootMeanSquaredError ?? double.NaN),
        ];
    }

    private IEnumerable<Finding> Find(EstimationResult result, int windowCount, string name, LossEstimate estimate, OrdinaryValues ordinary, double realized)
    {
        // Both errors of every window are judged.
        var comparisons = 2 * windowCount;
        var greatest = ordinary.Mean + ordinary.Distance(result.RowCount, estimate.SamplingError, comparisons);
        if (estimate.Value > greatest && ReferenceThresholds.CanJudge(result.RowCount, estimator.ChunkSize))
        {
            yield return Great(result, FigureNames.Estimated + name, estimate.Value, greatest);
        }

        if (!result.IsChecked)
        {
            yield break;
        }

        var rowCount = result.Realized.LabelledCount - result.Realized.UnusableCount;
        var isInterval = result.Realized.Intervals.TryGetValue(name, out var interval);
        var error = isInterval ? interval.StandardError : double.NaN;
        greatest = ordinary.Mean + ordinary.Distance(rowCount, error, comparisons);
        if (realized > greatest && ReferenceThresholds.CanJudge(rowCount, estimator.ChunkSize))
        {
            yield return Great(result, name, realized, greatest);
        }

        if (isInterval
            && ordinary.IsBeyondChance(realized - estimate.Value, rowCount, error, comparisons)
            && (realized < estimate.Lower || realized > estimate.Upper)
            && (estimate.Value < interval.Lower || estimate.Value > interval.Upper))
        {
            yield return EstimationFindings.Create(
                result, estimator.RowCount, FindingKind.EstimateNoLongerHolds, FigureNames.Estimated + name, realized, realized > estimate.Upper ? estimate.Upper : estimate.Lower, result.Realized.LabelledCount) with
            {
                Message = string.Create(
                    CultureInfo.InvariantCulture,
                    $"Expected the realised {name} in the band of the estimate, {estimate.Lower:G5} to {estimate.Upper:G5}, but found {realized:G5}, and the estimate {estimate.Value:G5} lies outside the realised 95 % interval {interval.Lower:G5} to {interval.Upper:G5}: the estimate no longer holds ({QualityProblems.Where(result.Model, result.Version, result.From, result.To)})."),
            };
        }
    }

    private Finding Great(EstimationResult result, string name, double value, double threshold)
        => EstimationFindings.Create(result, estimator.RowCount, FindingKind.Performance, name, value, threshold, result.RowCount) with
        {
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {name} of at most {threshold:G5}, {EstimationFindings.Origin}, but found {value:G5} over {result.RowCount} rows ({QualityProblems.Where(result.Model, result.Version, result.From, result.To)})."),
        };
}
