using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Thresholds;

/// <summary>By what a threshold is chosen. Immutable.</summary>
public sealed record ThresholdRule
{
    private ThresholdRule(string name) => Name = name;

    /// <summary>What <see cref="ThresholdChoice.Value"/> is: <c>cost</c>, <c>precision</c>, <c>recall</c>, <c>f1</c>, <c>f_beta</c> or <c>youden</c>.</summary>
    public string Name { get; }

    /// <summary>The costs; null for other rules and for costs by row.</summary>
    public CostMatrix? Costs { get; private init; }

    /// <summary>The costs by row; null for other rules.</summary>
    public RowCosts? CostsByRow { get; private init; }

    /// <summary>The precision or recall that must be reached, or the β of F; 0 for other rules.</summary>
    public double Target { get; private init; }

    internal bool IsCost => Costs is not null || CostsByRow is not null;

    /// <summary>The least mean cost.</summary>
    /// <param name="costs">What decisions cost.</param>
    /// <exception cref="ArgumentException">A cost is not finite, or every threshold costs the same.</exception>
    public static ThresholdRule LeastCost(CostMatrix costs)
    {
        ArgumentNullException.ThrowIfNull(costs);
        costs.ThrowIfMeaningless();
        return new("cost") { Costs = costs };
    }

    /// <summary>The least mean cost, where decisions cost differently from row to row.</summary>
    /// <param name="costs">What decisions cost, in the order of the rows.</param>
    public static ThresholdRule LeastCost(RowCosts costs)
    {
        ArgumentNullException.ThrowIfNull(costs);
        return new("cost") { CostsByRow = costs };
    }

    /// <summary>The greatest recall with at least a precision.</summary>
    /// <param name="target">The precision, above 0 and up to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public static ThresholdRule MinimumPrecision(double target) => new("precision") { Target = RequireShare(target) };

    /// <summary>The greatest precision with at least a recall.</summary>
    /// <param name="target">The recall, above 0 and up to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public static ThresholdRule MinimumRecall(double target) => new("recall") { Target = RequireShare(target) };

    /// <summary>The greatest F: (1 + β²)·TP / ((1 + β²)·TP + β²·FN + FP).</summary>
    /// <param name="beta">How many times as much recall counts as precision, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0.</exception>
    public static ThresholdRule GreatestF(double beta = 1)
        => beta > 0 && double.IsFinite(beta)
            ? new(beta == 1 ? "f1" : "f_beta") { Target = beta }
            : throw new ArgumentOutOfRangeException(nameof(beta), beta, "Expected a β above 0.");

    /// <summary>The greatest sum of recall and specificity (Youden, "Index for Rating Diagnostic Tests", Cancer 3, 1950).</summary>
    public static ThresholdRule Youden() => new("youden");

    /// <summary>The figure of the rule, as <see cref="ThresholdChoice.Value"/> has it.</summary>
    internal double ValueOf(ConfusionCounts counts, double meanCost) => Name switch
    {
        "cost" => meanCost,
        "precision" => counts.Precision,
        "recall" => counts.Recall,
        "youden" => counts.Recall + (counts.TrueNegatives / (counts.TrueNegatives + counts.FalsePositives)) - 1,
        _ => F(counts),
    };

    /// <summary>What is to be made great; −∞ where the rule does not allow the threshold.</summary>
    internal double Merit(ConfusionCounts counts, double meanCost)
    {
        var merit = Name switch
        {
            "cost" => -meanCost,
            "precision" => counts.Precision >= Target ? counts.Recall : double.NegativeInfinity,
            "recall" => counts.Recall >= Target ? counts.Precision : double.NegativeInfinity,
            _ => ValueOf(counts, meanCost),
        };
        return double.IsNaN(merit) ? double.NegativeInfinity : merit;
    }

    private double F(ConfusionCounts counts)
    {
        var square = Target * Target;
        return (1 + square) * counts.TruePositives / (((1 + square) * counts.TruePositives) + (square * counts.FalseNegatives) + counts.FalsePositives);
    }

    private static double RequireShare(double target)
        => target is > 0 and <= 1 ? target : throw new ArgumentOutOfRangeException(nameof(target), target, "Expected a share above 0 and up to 1.");
}
