using Mlp.Training.Evaluation.Comparison;

namespace Mlp.Training.Evaluation;

/// <summary>The gate's verdict on one challenger, with the numbers it rests on. Immutable.</summary>
public sealed record GateVerdict
{
    /// <summary>What to do.</summary>
    public required GateDecision Decision { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>What the models were compared by.</summary>
    public required GateMetric Metric { get; init; }

    /// <summary>SHA-256 of the challenger's file, 64 lower-case hexadecimal digits: the verdict holds for no other.</summary>
    public required string ChallengerSha256 { get; init; }

    /// <summary>The challenger on the holdout.</summary>
    public required EvaluationResult Challenger { get; init; }

    /// <summary>The alias that the champion was found by.</summary>
    public required string Alias { get; init; }

    /// <summary>Revision of the alias when the champion was looked up; 0 if it did not exist. A promotion holds only while it is still the same.</summary>
    public required long AliasRevision { get; init; }

    /// <summary>The champion's version; null if there was none.</summary>
    public int? ChampionVersion { get; init; }

    /// <summary>The champion on the same rows; null if there was none or it could not be scored.</summary>
    public EvaluationResult? Champion { get; init; }

    /// <summary>By how much the challenger is better, in the metric's unit, negative if it is worse; null without a champion's number.</summary>
    public double? Improvement { get; init; }

    /// <summary>Where the improvement lies with the confidence asked for; null when no interval was asked for.</summary>
    public ImprovementInterval? Interval { get; init; }

    /// <summary>The test that <see cref="Interval"/> comes from; null when none was asked for.</summary>
    public PairedTest? Test { get; init; }

    /// <summary>How often chance alone would give a difference as great, two-sided; null without a test, NaN where it says nothing.</summary>
    public double? PValue { get; init; }

    /// <summary>Whether the challenger becomes champion.</summary>
    public bool IsPromotion => Decision is GateDecision.Promote or GateDecision.FirstModel;
}
