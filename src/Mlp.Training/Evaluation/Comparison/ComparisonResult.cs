namespace Mlp.Training.Evaluation.Comparison;

/// <summary>Which of two models is better on the same rows, with the numbers that say so. Immutable.</summary>
public sealed record ComparisonResult
{
    /// <summary>What to do: promote the challenger, reject it, or learn more.</summary>
    public required GateDecision Decision { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>What the models were compared by.</summary>
    public required GateMetric Metric { get; init; }

    /// <summary>The challenger's value; of cross-validations the mean over folds.</summary>
    public required double Challenger { get; init; }

    /// <summary>The champion's value.</summary>
    public required double Champion { get; init; }

    /// <summary>By how much the challenger is better, in the metric's unit, negative if it is worse; NaN where the metric is not defined.</summary>
    public required double Improvement { get; init; }

    /// <summary>Where the improvement lies with the confidence asked for; null where the test says nothing.</summary>
    public required ImprovementInterval? Interval { get; init; }

    /// <summary>How often chance alone would give a difference as great, two-sided; NaN where the test says nothing.</summary>
    public required double PValue { get; init; }

    /// <summary>The test.</summary>
    public required PairedTest Test { get; init; }

    /// <summary>Rows that both were measured on.</summary>
    public required long RowCount { get; init; }
}
