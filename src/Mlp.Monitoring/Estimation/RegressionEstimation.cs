using System.Globalization;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Estimation;

/// <summary>Estimates the errors of a regression from its features and predictions.</summary>
internal sealed class RegressionEstimation : WindowEstimation
{
    private readonly DirectLossEstimator _estimator;
    private readonly int _featureCount;

    /// <summary>Takes the estimator that was given, or learns from the reference.</summary>
    /// <exception cref="ArgumentException">There is nothing to learn from.</exception>
    public RegressionEstimation(EstimationOptions options, List<EstimatedRow> reference, int featureCount)
    {
        _featureCount = featureCount;
        _estimator = options.LossEstimator
            ?? DirectLossEstimator.Fit(FeaturesOf(reference), reference.Select(r => r.Answer.Score).ToArray(), reference.Select(r => r.Answer.Label).ToArray(), options.ChunkSize);
    }

    public override EstimationResult Estimate(List<EstimatedRow> rows, EstimationResult result)
    {
        var (absolute, root) = _estimator.Estimate(FeaturesOf(rows), rows.Select(r => r.Answer.Score).ToArray());
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
        if (estimate.IsAlert)
        {
            yield return Great(result, FigureNames.Estimated + name, estimate.Value, estimate.UpperThreshold);
        }

        if (!result.IsChecked)
        {
            yield break;
        }

        if (realized > estimate.UpperThreshold)
        {
            yield return Great(result, name, realized, estimate.UpperThreshold);
        }

        if (result.Realized.Intervals.TryGetValue(name, out var interval)
            && (realized < estimate.Lower || realized > estimate.Upper)
            && (estimate.Value < interval.Lower || estimate.Value > interval.Upper))
        {
            yield return EstimationFindings.Create(
                result, _estimator.RowCount, FindingKind.EstimateNoLongerHolds, FigureNames.Estimated + name, realized, realized > estimate.Upper ? estimate.Upper : estimate.Lower, result.Realized.LabelledCount) with
            {
                Message = string.Create(
                    CultureInfo.InvariantCulture,
                    $"Expected the realised {name} in the band of the estimate, {estimate.Lower:G5} to {estimate.Upper:G5}, but found {realized:G5}, and the estimate {estimate.Value:G5} lies outside the realised 95 % interval {interval.Lower:G5} to {interval.Upper:G5}: the estimate no longer holds (model '{result.Model}' version {result.Version})."),
            };
        }
    }

    private Finding Great(EstimationResult result, string name, double value, double threshold)
        => EstimationFindings.Create(result, _estimator.RowCount, FindingKind.Performance, name, value, threshold, result.RowCount) with
        {
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {name} of at most {threshold:G5}, the mean and 3 standard deviations of the reference's chunks, but found {value:G5} over {result.RowCount} rows (model '{result.Model}' version {result.Version})."),
        };

    /// <summary>Shape (rows, features): rows of a log with other versions have room for theirs too.</summary>
    private double[] FeaturesOf(List<EstimatedRow> rows) => [.. rows.SelectMany(r => r.Features.Take(_featureCount))];
}
