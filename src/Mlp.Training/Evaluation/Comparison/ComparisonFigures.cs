namespace Mlp.Training.Evaluation.Comparison;

/// <summary>The numbers that a decision between two models rests on.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Challenger">The challenger's value.</param>
/// <param name="Champion">The champion's.</param>
/// <param name="Improvement">By how much the challenger is better; NaN where the metric is not defined.</param>
internal sealed record ComparisonFigures(GateMetric Metric, double Challenger, double Champion, double Improvement)
{
    /// <summary>Where the improvement lies; null when nobody asked.</summary>
    public ImprovementInterval? Interval { get; init; }

    /// <summary>The log losses of a classifier; null where there is none.</summary>
    public (double Challenger, double Champion)? LogLosses { get; init; }

    /// <summary>How sentences call the champion.</summary>
    public required string ChampionName { get; init; }

    /// <summary>Rows that both were measured on.</summary>
    public required long RowCount { get; init; }

    /// <summary>The figures of two results on the same rows.</summary>
    public static ComparisonFigures Of(GateMetric metric, EvaluationResult challenger, EvaluationResult champion, string championName)
    {
        var (mine, theirs) = (MetricRule.Read(metric, challenger), MetricRule.Read(metric, champion));
        return new(metric, mine, theirs, MetricRule.Improvement(metric, mine, theirs))
        {
            LogLosses = challenger.Metrics.TryGetValue(MetricNames.LogLoss, out var my) && champion.Metrics.TryGetValue(MetricNames.LogLoss, out var their) ? (my, their) : null,
            ChampionName = championName,
            RowCount = challenger.RowCount,
        };
    }
}
