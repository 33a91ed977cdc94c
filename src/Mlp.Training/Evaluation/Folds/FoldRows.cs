using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;
using Mlp.Training.Sampling;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>What is known of the rows that are parted: labels, times, and groups.</summary>
internal sealed class FoldRows
{
    private FoldRows(LabelledRows rows, ModelTask task, int[]? groups) => (Rows, Task, Groups) = (rows, task, groups);

    public LabelledRows Rows { get; }

    public ModelTask Task { get; }

    public int RowCount => Rows.RowCount;

    /// <summary>The number of each row's group, in the order of their first rows; null without groups.</summary>
    public int[]? Groups { get; }

    public int GroupCount => Groups is null ? 0 : Groups.Max() + 1;

    /// <summary>Reads them.</summary>
    /// <exception cref="TrainingDataException">A column is missing or wrong, labels do not fit the task, or rows are out of order.</exception>
    public static async Task<FoldRows> ReadAsync(ITrainingSet set, ModelTask task, FoldScheme scheme, CrossValidationOptions options, CancellationToken cancellationToken)
    {
        // Classes are learned from all rows: two texts are a binary problem's.
        var reading = new RowReading { Task = task, TakesWeights = true, GroupColumn = task == ModelTask.Ranking ? options.Evaluation.GroupColumn : null };
        var rows = await LabelledRows.ReadAsync(set, [], reading, cancellationToken).ConfigureAwait(false);
        if (task == ModelTask.BinaryClassification)
        {
            LabelColumn.ThrowIfNotBinary(rows);
        }

        if (scheme is not (FoldScheme.Grouped or FoldScheme.StratifiedGrouped))
        {
            return new(rows, task, null);
        }

        return new(
            rows,
            task,
            options.GroupColumns.Count == 0
                ? rows.Groups.ToArray()
                : NumbersOf(await RowValues.ReadKeysAsync(set, [.. options.GroupColumns], seed: 0, cancellationToken).ConfigureAwait(false)));
    }

    /// <summary>The name of a label for sentences.</summary>
    public string NameOf(int label) => Rows.ClassNames.Count > 0 ? Rows.ClassNames[label] : label.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static int[] NumbersOf(List<UInt128> keys)
    {
        var numbers = new Dictionary<UInt128, int>();
        return [.. keys.Select(key => numbers.TryGetValue(key, out var number) ? number : numbers[key] = numbers.Count)];
    }
}
