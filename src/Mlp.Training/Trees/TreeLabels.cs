using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Trees;

/// <summary>Checks labels against an objective.</summary>
internal static class TreeLabels
{
    /// <summary>Checks all labels, and that those of the training rows vary.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="trainingCount">How many of them, the first, train.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="TrainingDataException">They do not fit.</exception>
    public static void ThrowIfUnfit(LabelledRows rows, int trainingCount, TreeOptions options)
    {
        var task = TreeParameters.TaskOf(options.Objective);
        var labels = rows.Labels[..trainingCount];
        var name = rows.LabelColumnName;
        if (trainingCount < 2)
        {
            throw new TrainingDataException(
                $"Expected at least 2 training rows, but only {trainingCount} of {rows.RowCount} rows lie before the validation rows: bring more rows, or a smaller validation share.");
        }

        if (task == ModelTask.MulticlassClassification)
        {
            RequireEachClass(rows, labels);
        }

        ThrowIfUnfit(rows, options);
        if (!labels.ContainsAnyExcept(labels[0]))
        {
            throw new TrainingDataException(
                task is ModelTask.BinaryClassification or ModelTask.MulticlassClassification
                    ? $"Expected at least two classes in label '{name}', but all {trainingCount} training rows hold one.{LabelColumn.HeldOut(trainingCount, rows.RowCount, rows.Labels.ContainsAnyExcept(labels[0]))}"
                    : $"Expected label '{name}' to vary, but all {trainingCount} training rows hold one number.",
                name);
        }

        if (rows.Weights.Length > 0 && !rows.Weights[..trainingCount].ContainsAnyExcept(0f))
        {
            throw new TrainingDataException("Expected a training row with a weight above 0, but all have 0.");
        }
    }

    /// <summary>Checks that labels are such as the objective takes. LightGBM would say the same, with the label's value on the error stream.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="TrainingDataException">One is not.</exception>
    public static void ThrowIfUnfit(LabelledRows rows, TreeOptions options)
    {
        if (TreeParameters.TaskOf(options.Objective) == ModelTask.BinaryClassification)
        {
            LabelColumn.ThrowIfNotBinary(rows);
        }

        var grades = GradeCount(options);
        var (expected, isFit) = options.Objective switch
        {
            TreeObjective.Poisson or TreeObjective.Tweedie => ("numbers of 0 or more", static (value, _) => value >= 0),
            TreeObjective.Gamma => ("numbers above 0", static (value, _) => value > 0),
            TreeObjective.CrossEntropy or TreeObjective.CrossEntropyLambda => ("shares from 0 to 1", static (value, _) => value is >= 0 and <= 1),
            TreeObjective.LambdaRank or TreeObjective.RankXendcg
                => (FormattableString.Invariant($"grades, whole numbers from 0 to {grades - 1}"), static (value, count) => value >= 0 && value < count && value == Math.Floor(value)),
            _ => ("numbers within float32", (Func<float, int, bool>)(static (_, _) => true)),
        };
        for (var row = 0; row < rows.RowCount; row++)
        {
            var label = (float)rows.Labels[row];
            if (!float.IsFinite(label) || !isFit(label, grades))
            {
                throw new TrainingDataException($"Expected label '{rows.LabelColumnName}' to hold {expected} for {options.Objective}, but row {row} holds another value.", rows.LabelColumnName);
            }
        }
    }

    /// <summary>Checks that a row that validates counts: without one the metric is NaN.</summary>
    /// <param name="validation">The rows that validate.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="TrainingDataException">None does.</exception>
    public static void ThrowIfWithoutWeight(TreeRows validation, TreeOptions options)
    {
        if (validation.Weights(options) is { Length: > 0 } weights && !weights.AsSpan().ContainsAnyExcept(0f))
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected a row with a weight above 0, but all {validation.Count} validation rows have the weight 0."));
        }
    }

    // LightGBM has gains for 31 grades, unless they are given.
    private static int GradeCount(TreeOptions options) => options.Parameters.TryGetValue("label_gain", out var gains) ? gains.Split(',').Length : 31;

    private static void RequireEachClass(LabelledRows rows, ReadOnlySpan<double> labels)
    {
        var seen = new bool[rows.ClassNames.Count];
        foreach (var label in labels)
        {
            seen[(int)label] = true;
        }

        if (Array.IndexOf(seen, false) is >= 0 and var absent)
        {
            throw new TrainingDataException(
                $"Expected training rows of each class of label '{rows.LabelColumnName}', but none of the first {labels.Length} rows is of class '{rows.ClassNames[absent]}'.{LabelColumn.HeldOut(labels.Length, rows.RowCount, rows.Labels.Contains(absent))}", rows.LabelColumnName);
        }
    }
}
