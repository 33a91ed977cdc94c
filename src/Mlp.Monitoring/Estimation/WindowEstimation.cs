using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels.Joins;

namespace Mlp.Monitoring.Estimation;

/// <summary>A way to estimate quality, learnt on a reference.</summary>
internal abstract class WindowEstimation
{
    /// <summary>Numbers that are kept of a row beside its score.</summary>
    public abstract int ValueCount { get; }

    /// <summary>Numbers beside its score that a row of the log must have.</summary>
    public abstract int ReadCount { get; }

    /// <summary>What is kept of a row.</summary>
    /// <param name="row">The answer.</param>
    /// <param name="values">Its features, or the scores of its classes.</param>
    /// <param name="kept">Shape (<see cref="ValueCount"/>).</param>
    /// <returns>Whether the row can be estimated from.</returns>
    public abstract bool TryKeep(in JoinedRow row, ReadOnlySpan<double> values, Span<double> kept);

    /// <summary>Adds the estimates of a window.</summary>
    /// <param name="rows">Sorted rows.</param>
    /// <param name="window">Those of the window, at least one.</param>
    /// <param name="result">Its result so far.</param>
    public abstract EstimationResult Estimate(EstimatedRows rows, Range window, EstimationResult result);

    /// <summary>What is found in a window.</summary>
    /// <param name="result">With its estimates.</param>
    /// <param name="windowCount">Windows that are judged at once, at least 1.</param>
    public abstract IEnumerable<Finding> Find(EstimationResult result, int windowCount);
}
