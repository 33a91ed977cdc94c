using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Trees;

/// <summary>Checks labels against an objective.</summary>
internal static class TreeLabels
{
    /// <summary>Checks all labels, and that those of the training rows vary.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="trainingCount">How many of them, the first, train.</param>
    /// <param name="task">What is predicted.</param>
    /// <exception cref="TrainingDataException">They do not fit.</exception>
    public static void ThrowIfUnfit(LabelledRows rows, int trainingCount, ModelTask task)
    {
        var labels = rows.Labels[..trainingCount];
        var name = rows.LabelColumnName;
        if (trainingCount < 2)
        {
            throw new TrainingDataException(
                $"Expected at least 2 training rows, but only {trainingCount} of {rows.RowCount} rows lie before the validation rows: bring more rows, or a smaller validation share.");
        }

        if (task == ModelTask.BinaryClassification)
        {
            LabelColumn.ThrowIfNotBinary(rows.Labels, name);
        }
        else if (task == ModelTask.MulticlassClassification)
        {
            RequireEachClass(rows, labels);
        }

        if (!labels.ContainsAnyExcept(labels[0]))
        {
            throw new TrainingDataException(
                task is ModelTask.BinaryClassification or ModelTask.MulticlassClassification
                    ? $"Expected at least two classes in label '{name}', but all {trainingCount} training rows hold one."
                    : $"Expected label '{name}' to vary, but all {trainingCount} training rows hold one number.",
                name);
        }

        if (rows.Weights.Length > 0 && !rows.Weights[..trainingCount].ContainsAnyExcept(0f))
        {
            throw new TrainingDataException("Expected a training row with a weight above 0, but all have 0.");
        }
    }

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
                $"Expected training rows of each class of label '{rows.LabelColumnName}', but none of the first {labels.Length} rows is of class '{rows.ClassNames[absent]}'.", rows.LabelColumnName);
        }
    }
}
