using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Estimation;

/// <summary>Estimates a classifier of several classes from its scores.</summary>
/// <param name="estimator">What was learnt.</param>
/// <param name="options">Which figures are checked.</param>
internal sealed class MulticlassEstimation(MulticlassPerformanceEstimator estimator, EstimationOptions options) : WindowEstimation
{
    public override int ValueCount => estimator.ClassCount;

    public override int ReadCount => estimator.ClassCount;

    /// <summary>Learns from a reference.</summary>
    /// <exception cref="ArgumentException">There is nothing to learn from.</exception>
    public static MulticlassPerformanceEstimator Fit(EstimatedRows reference, int chunkSize)
        => MulticlassPerformanceEstimator.Fit(reference.Values, System.Array.ConvertAll(reference.Labels.ToArray(), l => (int)l), reference.ValueCount, chunkSize);

    public override bool TryKeep(in JoinedRow row, ReadOnlySpan<double> values, Span<double> kept)
    {
        values.CopyTo(kept);
        return !QualityGroup.HasNaN(kept);
    }

    public override EstimationResult Estimate(EstimatedRows rows, Range window, EstimationResult result)
        => result with { Estimates = estimator.Estimate(rows.ValuesOf(window), rows.WeightsOf(window)) };

    public override IEnumerable<Finding> Find(EstimationResult result, int windowCount) => EstimationFindings.Find(result, estimator.OrdinaryOf, options, windowCount);
}
