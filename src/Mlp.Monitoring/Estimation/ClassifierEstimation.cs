using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Estimation;

/// <summary>Estimates a binary classifier from its scores.</summary>
/// <param name="estimator">What was learnt.</param>
/// <param name="options">Which figures are checked.</param>
internal sealed class ClassifierEstimation(PerformanceEstimator estimator, EstimationOptions options) : WindowEstimation
{
    public override int ValueCount => 0;

    public override int ReadCount => 0;

    /// <summary>Learns from a reference.</summary>
    /// <exception cref="ArgumentException">There is nothing to learn from.</exception>
    public static PerformanceEstimator Fit(EstimatedRows reference, int chunkSize, double threshold)
        => PerformanceEstimator.Fit(reference.Scores, System.Array.ConvertAll(reference.Labels.ToArray(), l => (byte)l), chunkSize, threshold);

    public override bool TryKeep(in JoinedRow row, ReadOnlySpan<double> values, Span<double> kept) => true;

    public override EstimationResult Estimate(EstimatedRows rows, Range window, EstimationResult result)
        => result with { Estimates = estimator.Estimate(rows.Scores[window], rows.WeightsOf(window)) };

    public override IEnumerable<Finding> Find(EstimationResult result, int windowCount) => EstimationFindings.Find(result, estimator.OrdinaryOf, options, windowCount);
}
