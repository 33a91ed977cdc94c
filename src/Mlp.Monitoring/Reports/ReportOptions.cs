using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Reports;

/// <summary>What a report is about.</summary>
public sealed class ReportOptions
{
    /// <summary>One version, or null for the highest one that has logged predictions.</summary>
    public int? Version { get; set; }

    /// <summary>First request time, or null for the beginning.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>Request time to stop before, or null for the end.</summary>
    public DateTimeOffset? To { get; set; }

    /// <summary>Length of the windows that quality over time is computed for, above 0; null for one that gives up to 24 windows.</summary>
    public TimeSpan? Window { get; set; }

    /// <summary>How long labels are waited for: predictions younger than this are left out of the quality.</summary>
    /// <value>The default value is 0: every prediction counts.</value>
    public TimeSpan Maturity { get; set; }

    /// <summary>Logged predictions of the version to compare the inputs with, or null for the reference profile that was published with it.</summary>
    public ReferenceWindow? Reference { get; set; }

    /// <summary>What quality is estimated by without labels; null for what was published with the version, if anything was.</summary>
    public PerformanceEstimator? Estimator { get; set; }

    /// <summary>The parts of the traffic whose quality stands beside that of all.</summary>
    public IList<SliceDefinition> Slices { get; } = [];
}
