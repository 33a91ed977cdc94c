namespace Mlp.Training.Runs;

/// <summary>Which value of a metric over steps stands for the run.</summary>
public enum MetricSummary
{
    /// <summary>The one that was logged last.</summary>
    Last,

    /// <summary>The least one; NaN does not count.</summary>
    Minimum,

    /// <summary>The greatest one; NaN does not count.</summary>
    Maximum,
}
