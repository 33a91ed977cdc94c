using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Evaluation.Importance;

/// <summary>How permutation importance is measured.</summary>
public sealed class ImportanceOptions
{
    /// <summary>How often each feature is permuted, 1 to 1,000.</summary>
    /// <value>The default value is 5.</value>
    [Range(1, 1000)]
    public int Repeats { get; set; } = 5;

    /// <summary>Decides the permutations.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }

    /// <summary>What is measured.</summary>
    /// <value>The default value is null, which stands for AUC, for the log loss (several classes), the root mean squared error (regression) and NDCG (ranking).</value>
    [EnumDataType(typeof(GateMetric))]
    public GateMetric? Metric { get; set; }

    /// <summary>The probability at and above which class 1 is said, 0 to 1.</summary>
    /// <value>The default value is null: the threshold that an exported model has, and 0.5 for others.</value>
    [Range(0.0, 1.0)]
    public double? DecisionThreshold { get; set; }

    /// <summary>For ranking: the column whose equal neighbours are the answers to one query.</summary>
    /// <value>The default value is null.</value>
    public string? GroupColumn { get; set; }

    /// <summary>
    /// Features that are permuted together, as those that say the same: alone each of them would seem of no use, since the others stand in for it. Names of features; a feature in no group is permuted alone.
    /// </summary>
    /// <value>The default value is empty.</value>
    public IReadOnlyList<IReadOnlyList<string>> Groups { get; set; } = [];
}
