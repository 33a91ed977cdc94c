using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Estimation;

/// <summary>Which predictions quality is estimated for without labels, and what the estimate is learnt from.</summary>
public sealed class EstimationOptions
{
    /// <summary>Model version, or null for the highest one that has logged predictions.</summary>
    public int? Version { get; set; }

    /// <summary>
    /// What the estimate was learnt from beforehand. Without any estimator the estimate is learnt from the log, from <see cref="ReferenceFrom"/> to <see cref="ReferenceTo"/>, and without these it is by what was
    /// published with the version.
    /// </summary>
    public PerformanceEstimator? Estimator { get; set; }

    /// <summary>The same for a model of several classes.</summary>
    public MulticlassPerformanceEstimator? ClassEstimator { get; set; }

    /// <summary>What the errors of a regression were learnt from beforehand, on its numeric features in their order; null to learn from the log.</summary>
    public DirectLossEstimator? LossEstimator { get; set; }

    /// <summary>First request time of the reference; null for the beginning. Its predictions need labels.</summary>
    public DateTimeOffset? ReferenceFrom { get; set; }

    /// <summary>Request time that the reference stops before; null for an estimator that is given or was published.</summary>
    public DateTimeOffset? ReferenceTo { get; set; }

    /// <summary>Rows of a chunk of the reference, whose figures say what is ordinary: about as many as a window has. At least 1.</summary>
    /// <value>The default value is 2,000.</value>
    public int ChunkSize { get; set; } = 2_000;

    /// <summary>First request time that is estimated; null for the end of the reference, or the beginning.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>Request time to stop before, or null for the end.</summary>
    public DateTimeOffset? To { get; set; }

    /// <summary>Length of a window of request times, above 0; null for one window over the whole range.</summary>
    public TimeSpan? Window { get; set; }

    /// <summary>From the start of one window to that of the next; null for <see cref="Window"/>.</summary>
    public TimeSpan? Slide { get; set; }

    /// <summary>How long labels are waited for: a window is compared with its realised figures when all its predictions are older than this.</summary>
    /// <value>The default value is 0.</value>
    public TimeSpan Maturity { get; set; }

    /// <summary>The figures whose estimate is checked against the realised one.</summary>
    /// <value>The default value is the area under the ROC curve.</value>
    public IList<EstimatedMetric> Checked { get; } = [EstimatedMetric.Auc];

    /// <summary>Whether it is said what the estimate comes from; else from what was published.</summary>
    internal bool HasSource => Estimator is not null || ClassEstimator is not null || LossEstimator is not null || ReferenceTo is not null;

    /// <summary>Refuses what cannot be estimated.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    internal void Validate()
    {
        if (ReferenceTo is not null && (Estimator is not null || ClassEstimator is not null || LossEstimator is not null))
        {
            throw new ArgumentException(
                $"Expected either {nameof(Estimator)} ({nameof(ClassEstimator)} for several classes, {nameof(LossEstimator)} for a regression) or {nameof(ReferenceTo)}, the end of a reference in the log, but found both.",
                nameof(Estimator));
        }

        if (ChunkSize < 1)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {nameof(ChunkSize)} to be 1 or more, but found {ChunkSize}."), nameof(ChunkSize));
        }
    }
}
