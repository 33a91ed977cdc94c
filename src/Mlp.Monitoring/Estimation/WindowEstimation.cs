using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Estimation;

/// <summary>A way to estimate quality, learnt on a reference.</summary>
internal abstract class WindowEstimation
{
    /// <summary>Adds the estimates of a window.</summary>
    /// <param name="rows">Its rows, at least one.</param>
    /// <param name="result">Its result so far.</param>
    public abstract EstimationResult Estimate(List<EstimatedRow> rows, EstimationResult result);

    /// <summary>What is found in a window.</summary>
    /// <param name="result">With its estimates.</param>
    public abstract IEnumerable<Finding> Find(EstimationResult result);
}
