using Mlp.Monitoring.Figures;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Estimation;

/// <summary>Estimates a binary classifier from its scores.</summary>
internal sealed class ClassifierEstimation : WindowEstimation
{
    private readonly EstimationOptions _options;
    private readonly PerformanceEstimator _estimator;

    /// <summary>Takes the estimator that was given, or learns from the reference.</summary>
    /// <exception cref="ArgumentException">There is nothing to learn from.</exception>
    public ClassifierEstimation(EstimationOptions options, List<EstimatedRow> reference, double threshold)
    {
        _options = options;
        _estimator = options.Estimator
            ?? PerformanceEstimator.Fit(reference.Select(r => r.Answer.Score).ToArray(), reference.Select(r => (byte)r.Answer.Label).ToArray(), options.ChunkSize, threshold);
    }

    public override EstimationResult Estimate(List<EstimatedRow> rows, EstimationResult result)
    {
        var weights = rows.Exists(r => r.Answer.Weight != 1) ? rows.Select(r => r.Answer.Weight).ToArray() : [];
        return result with { Estimates = _estimator.Estimate(rows.Select(r => r.Answer.Score).ToArray(), weights) };
    }

    public override IEnumerable<Finding> Find(EstimationResult result) => EstimationFindings.Find(result, _estimator, _options);
}
