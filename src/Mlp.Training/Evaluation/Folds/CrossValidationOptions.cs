using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Hosting;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>How a cross-validation parts rows and what it measures.</summary>
public sealed class CrossValidationOptions
{
    /// <summary>How rows are parted.</summary>
    /// <value>The default value is null: stratified for classes, k-fold for numbers, grouped for ranking; with <see cref="GroupColumns"/> stratified by groups for classes, grouped for the others.</value>
    [EnumDataType(typeof(FoldScheme))]
    public FoldScheme? Scheme { get; set; }

    /// <summary>Folds, 2 to 1,000.</summary>
    /// <value>The default value is 5.</value>
    [Range(2, 1000)]
    public int FoldCount { get; set; } = 5;

    /// <summary>How often all is done, each time with other folds, 1 to 1,000.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 1000)]
    public int RepeatCount { get; set; } = 1;

    /// <summary>Whether folds are drawn at random. Not for time series, whose folds follow the rows.</summary>
    /// <value>The default value is true.</value>
    public bool Shuffle { get; set; } = true;

    /// <summary>Decides the folds: the same seed and rows give the same ones.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }

    /// <summary>The columns whose values together are a group, none of which is cut. Not for schemes that know no groups. For ranking they may be empty: the groups are those that are ranked.</summary>
    /// <value>The default value is empty.</value>
    public IList<string> GroupColumns { get; } = [];

    /// <summary>For time series: how long before the first test row training ends, because labels or windows reach into the later rows; up to 36,500 days. Needs a time column.</summary>
    /// <value>The default value is zero.</value>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Gap { get; set; }

    /// <summary>For time series: rows left out before the first test row, 0 to 1,000,000,000. With <see cref="Gap"/> the larger of both counts.</summary>
    /// <value>The default value is 0.</value>
    [Range(0, 1_000_000_000)]
    public int GapRows { get; set; }

    /// <summary>For time series: how far back training reaches, so that the window slides; up to 36,500 days. Needs a time column.</summary>
    /// <value>The default value is null: back to the first row, so that the window grows.</value>
    [Range(typeof(TimeSpan), "00:00:00.0000010", "36500.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan? TrainingWindow { get; set; }

    /// <summary>For time series: the greatest number of training rows, the latest ones, 1 to 1,000,000,000.</summary>
    /// <value>The default value is null: all of them.</value>
    [Range(1, 1_000_000_000)]
    public int? MaximumTrainingRows { get; set; }

    /// <summary>Threads that all folds may take together, 0 to 1,024; 0 for one per processor. As many folds run at once as the trainer's own threads allow. Results do not depend on it.</summary>
    /// <value>The default value is 1.</value>
    [Range(0, 1024)]
    public int ThreadBudget { get; set; } = 1;

    /// <summary>The experiment of the runs, with a tracker.</summary>
    /// <value>The default value is <c>cross-validation</c>.</value>
    [Required]
    public string Experiment { get; set; } = "cross-validation";

    /// <summary>Name of the run, with a tracker: a platform name of up to 80 characters. The folds' runs are called NAME-1-1 and so on, by repeat and fold.</summary>
    /// <value>The default value is null: runs are called by their ids.</value>
    public string? RunName { get; set; }

    /// <summary>What is measured on the out-of-fold predictions of all rows; the threshold, cutoff and group column also hold for single folds.</summary>
    public EvaluatorOptions Evaluation { get; } = new();

    /// <summary>What is wrong with the settings, as sentences.</summary>
    internal List<string> FindFailures(string path = nameof(CrossValidationOptions), char separator = '.')
    {
        var failures = SettingsRanges.FindFailures(path, this, separator);
        failures.AddRange(Evaluation.FindFailures($"{path}{separator}{nameof(Evaluation)}", separator).Except(failures));
        var isTimed = Scheme == FoldScheme.TimeSeries;
        if (RepeatCount > 1 && (isTimed || !Shuffle))
        {
            failures.Add(FormattableString.Invariant(
                $"{path}{separator}{nameof(RepeatCount)} must be 1 {(isTimed ? $"for {FoldScheme.TimeSeries}" : $"without {nameof(Shuffle)}")}, whose folds are the same each time, but is {RepeatCount}."));
        }

        if (!isTimed && (Gap > TimeSpan.Zero || GapRows > 0 || TrainingWindow is not null || MaximumTrainingRows is not null))
        {
            failures.Add($"{path}{separator}{nameof(Scheme)} must be {FoldScheme.TimeSeries} with a gap or a window, but is {(Scheme is { } scheme ? scheme.ToString() : "null")}.");
        }

        if (GroupColumns.Count > 0 && Scheme is { } other and not (FoldScheme.Grouped or FoldScheme.StratifiedGrouped))
        {
            failures.Add($"{path}{separator}{nameof(Scheme)} must be {FoldScheme.Grouped}, {FoldScheme.StratifiedGrouped} or null with {nameof(GroupColumns)}, since others cut groups, but is {other}.");
        }

        return failures;
    }
}
