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

    public override IEnumerable<Finding> Find(EstimationResult result)
    {
        var (absolute, root) = (result.MeanAbsoluteError!.Value, result.RootMeanSquaredError!.Value);
        return
        [
            .. Find(result, FigureNames.MeanAbsoluteError, absolute, result.Realized.Regression?.MeanAbsoluteError ?? double.NaN),
            .. Find(result, FigureNames.RootMeanSquaredError, root, result.Realized.Regression?.RootMeanSquaredError ?? double.NaN),
        ];
    }

    private IEnumerable<Finding> Find(EstimationResult result, string name, LossEstimate estimate, double realized)
    {
        if (estimate.IsAlert && ReferenceThresholds.CanJudge(result.RowCount, estimator.ChunkSize))
        {
            yield return Great(result, FigureNames.Estimated + name, estimate.Value, estimate.UpperThreshold);
        }

        if (!result.IsChecked)
        {
            yield break;
        }

        if (realized > estimate.UpperThreshold && ReferenceThresholds.CanJudge(result.Realized.LabelledCount, estimator.ChunkSize))
        {
            yield return Great(result, name, realized, estimate.UpperThreshold);
        }

        if (result.Realized.Intervals.TryGetValue(name, out var interval)
            && (realized < estimate.Lower || realized > estimate.Upper)
            && (estimate.Value < interval.Lower || estimate.Value > interval.Upper))
        {
            yield return EstimationFindings.Create(
                result, estimator.RowCount, FindingKind.EstimateNoLongerHolds, FigureNames.Estimated + name, realized, realized > estimate.Upper ? estimate.Upper : estimate.Lower, result.Realized.LabelledCount) with
            {
                Message = string.Create(
                    CultureInfo.InvariantCulture,
                    $"Expected the realised {name} in the band of the estimate, {estimate.Lower:G5} to {estimate.Upper:G5}, but found {realized:G5}, and the estimate {estimate.Value:G5} lies outside the realised 95 % interval {interval.Lower:G5} to {interval.Upper:G5}: the estimate no longer holds (model '{result.Model}' version {result.Version})."),
            };
        }
    }

    private Finding Great(EstimationResult result, string name, double value, double threshold)
        => EstimationFindings.Create(result, estimator.RowCount, FindingKind.Performance, name, value, threshold, result.RowCount) with
        {
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {name} of at most {threshold:G5}, the mean and 3 standard deviations of the reference's chunks, but found {value:G5} over {result.RowCount} rows (model '{result.Model}' version {result.Version})."),
        };
}
