using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation.Slices;

namespace Mlp.Training.Evaluation;

/// <summary>What is measured on labelled rows, and by what they are parted.</summary>
public sealed class EvaluatorOptions
{
    private const int DefaultCutoff = 10;

    /// <summary>The probability at and above which class 1 is said, 0 to 1.</summary>
    /// <value>The default value is null: the threshold that an exported model has, and 0.5 for others.</value>
    [Range(0.0, 1.0)]
    public double? DecisionThreshold { get; set; }

    /// <summary>For ranking: the column whose equal neighbours are the answers to one query.</summary>
    /// <value>The default value is null.</value>
    public string? GroupColumn { get; set; }

    /// <summary>The rank up to which NDCG looks, 1 to 1,000,000.</summary>
    /// <value>The default value is 10.</value>
    [Range(1, 1_000_000)]
    public int RankingCutoff { get; set; } = DefaultCutoff;

    /// <summary>For several classes: for each k the share of rows whose true class is among the k of the greatest scores, under the name <c>top_k_accuracy</c>, for example <c>top_3_accuracy</c>.</summary>
    /// <value>The default value is empty.</value>
    public IList<int> TopK { get; } = [];

    /// <summary>Whether metrics get their 95 % confidence intervals.</summary>
    /// <value>The default value is true.</value>
    public bool Intervals { get; set; } = true;

    /// <summary>Decides the samples of the intervals that are sampled: the same seed and rows give the same intervals.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }

    /// <summary>By what rows are parted; each part is measured on its own.</summary>
    /// <value>The default value is empty.</value>
    public IList<RowSlice> Slices { get; } = [];

    /// <summary>Rows without which a part is not measured, 2 to 1,000,000,000.</summary>
    /// <value>The default value is 50.</value>
    [Range(2, 1_000_000_000)]
    public int MinimumSliceRows { get; set; } = 50;

    /// <summary>Parts of one slice that are told apart, the most frequent ones, 1 to 10,000; the others are one part together.</summary>
    /// <value>The default value is 50.</value>
    [Range(1, 10_000)]
    public int MaximumSliceParts { get; set; } = 50;

    /// <summary>What parts are compared with all rows by.</summary>
    /// <value>The default value is null: AUC, root mean squared error, log loss (several classes), NDCG (ranking).</value>
    [EnumDataType(typeof(GateMetric))]
    public GateMetric? SliceMetric { get; set; }

    /// <summary>Which rows are evaluated; the others do not count at all.</summary>
    /// <value>The default value is null: all of them.</value>
    public Func<SliceRow, bool>? Filter { get; set; }

    /// <summary>Refuses settings that say nothing about a task.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    internal void ThrowIfWithoutEffect(ModelTask task)
    {
        var found = task != ModelTask.MulticlassClassification && TopK.Count > 0 ? (nameof(TopK), ModelTask.MulticlassClassification)
            : task != ModelTask.Ranking && GroupColumn is not null ? (nameof(GroupColumn), ModelTask.Ranking)
            : task != ModelTask.Ranking && RankingCutoff != DefaultCutoff ? (nameof(RankingCutoff), ModelTask.Ranking)
            : default((string Name, ModelTask Task)?);
        if (found is { } setting)
        {
            throw new ArgumentException($"Expected no {nameof(EvaluatorOptions)}.{setting.Name} for {task}, because it is for {setting.Task}.");
        }
    }

    /// <summary>What is wrong with the settings, as sentences.</summary>
    internal List<string> FindFailures(string path = nameof(EvaluatorOptions), char separator = '.')
    {
        var failures = SettingsRanges.FindFailures(path, this, separator);
        failures.AddRange(TopK.Where(k => k < 1).Select(k => FormattableString.Invariant($"{path}{separator}{nameof(TopK)} must hold numbers of at least 1, but holds {k}.")));
        return failures;
    }
}
