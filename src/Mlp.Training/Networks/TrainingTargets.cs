using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>What the rows of one part ask of the network, and how much each counts. Immutable.</summary>
internal sealed class TrainingTargets
{
    /// <summary>The rows that are trained on, for messages.</summary>
    public const string TrainingPart = "training";

    /// <summary>The rows that validate, for messages.</summary>
    public const string ValidationPart = "validation";

    private TrainingTargets(float[] values, float[] weights, int[] groups) => (Values, Weights, Groups) = (values, weights, groups);

    public int RowCount => Values.Length;

    /// <summary>One target per row: a class' number, a standardised number, or a gain.</summary>
    public float[] Values { get; }

    /// <summary>How much each row counts, 1 on average; empty when all count the same.</summary>
    public float[] Weights { get; }

    /// <summary>The number of each row's group, ascending; empty without groups.</summary>
    public int[] Groups { get; }

    /// <summary>The targets of a run of rows.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="scale">How labels become targets.</param>
    /// <param name="classWeights">How much the rows of each class count; empty when all count the same.</param>
    /// <param name="weightFactor">What weights are multiplied by; null for what brings them to a mean of 1.</param>
    /// <param name="part">What the rows do, for messages: <see cref="TrainingPart"/> or <see cref="ValidationPart"/>.</param>
    /// <exception cref="TrainingDataException">The weights of all rows are 0.</exception>
    public static TrainingTargets Of(LabelledRows rows, int start, int count, TargetScale scale, ReadOnlySpan<double> classWeights, double? weightFactor = null, string part = TrainingPart)
    {
        var groups = rows.Groups.IsEmpty ? [] : rows.Groups.Slice(start, count).ToArray();
        return new(scale.Apply(rows.Labels.Slice(start, count)), Weigh(rows, start, count, classWeights, weightFactor, part), groups);
    }

    /// <summary>How much the rows of each class count.</summary>
    /// <param name="options">Named weights, and whether classes are balanced.</param>
    /// <param name="task">What is predicted.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="trainingCount">The first rows, which are counted.</param>
    /// <returns>One weight per class; empty when all count the same.</returns>
    /// <exception cref="TrainingDataException">A named class does not exist.</exception>
    public static double[] ClassWeights(LossOptions options, ModelTask task, LabelledRows rows, int trainingCount)
    {
        var counts = new long[Math.Max(2, rows.ClassNames.Count)];
        if (options.BalanceClasses)
        {
            foreach (var label in rows.Labels[..trainingCount])
            {
                counts[(int)label]++;
            }
        }

        return ClassWeights(options, task, rows.LabelColumnName, rows.ClassNames, counts);
    }

    /// <summary>How much the rows of each class count.</summary>
    /// <param name="options">Named weights, and whether classes are balanced.</param>
    /// <param name="task">What is predicted.</param>
    /// <param name="labelColumn">The label column, for messages.</param>
    /// <param name="names">Names of the classes; empty for 0 and 1.</param>
    /// <param name="counts">Training rows of each class.</param>
    /// <returns>One weight per class; empty when all count the same.</returns>
    /// <exception cref="TrainingDataException">A named class does not exist.</exception>
    public static double[] ClassWeights(LossOptions options, ModelTask task, string labelColumn, IReadOnlyList<string> names, long[] counts)
    {
        if (task is not (ModelTask.BinaryClassification or ModelTask.MulticlassClassification) || (options.ClassWeights.Count == 0 && !options.BalanceClasses))
        {
            return [];
        }

        names = names.Count > 0 ? names : ["0", "1"];
        var weights = new double[names.Count];
        System.Array.Fill(weights, 1);
        if (options.BalanceClasses)
        {
            var all = counts.Sum();
            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] = (double)all / (names.Count * counts[i]);
            }
        }

        foreach (var (name, weight) in options.ClassWeights)
        {
            var index = names.ToList().IndexOf(name);
            weights[index >= 0 ? index : throw new TrainingDataException(
                $"Expected the weighted class '{name}' among the classes of label '{labelColumn}', but found {string.Join(", ", names.Select(n => $"'{n}'"))}.", labelColumn)] *= weight;
        }

        return weights;
    }

    /// <summary>The exception for rows of which none counts.</summary>
    /// <param name="count">How many they are.</param>
    /// <param name="part">What they do.</param>
    public static TrainingDataException NoWeight(long count, string part)
        => new(FormattableString.Invariant($"Expected a row with a weight above 0, but all {count} {part} rows have the weight 0."));

    // With a mean of 1 the learning rate means the same as without weights.
    private static float[] Weigh(LabelledRows rows, int start, int count, ReadOnlySpan<double> classWeights, double? weightFactor, string part)
    {
        if (rows.Weights.IsEmpty && classWeights.IsEmpty)
        {
            return [];
        }

        var weights = new double[count];
        double sum = 0;
        for (var i = 0; i < count; i++)
        {
            weights[i] = (rows.Weights.IsEmpty ? 1.0 : rows.Weights[start + i]) * (classWeights.IsEmpty ? 1.0 : classWeights[(int)rows.Labels[start + i]]);
            sum += weights[i];
        }

        if (weightFactor is { } factor)
        {
            return [.. weights.Select(w => (float)(w * factor))];
        }

        return sum > 0 ? [.. weights.Select(w => (float)(w * count / sum))] : throw NoWeight(count, part);
    }
}
