using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>How labels become targets: classes and gains stay as they are, numbers are standardised by the training rows.</summary>
internal readonly record struct TargetScale(float Factor, float Offset)
{
    /// <summary>Learns from the first rows and checks all of them.</summary>
    /// <exception cref="TrainingDataException">A part has too few rows, or labels do not fit the task.</exception>
    public static TargetScale Learn(LabelledRows rows, int trainingCount, ModelTask task)
    {
        if (trainingCount < 2)
        {
            throw new TrainingDataException(
                $"Expected at least 2 training rows, but only {trainingCount} of {rows.RowCount} rows lie before the validation rows: bring more rows, or a smaller validation share.");
        }

        switch (task)
        {
            case ModelTask.BinaryClassification:
                if (rows.ClassNames.Count > 2)
                {
                    throw new TrainingDataException(
                        $"Expected two classes in label '{rows.LabelColumnName}', but found {rows.ClassNames.Count}: {nameof(ModelTask.MulticlassClassification)} takes several.", rows.LabelColumnName);
                }

                LabelColumn.ThrowIfNotBinary(rows.Labels, rows.LabelColumnName);
                ThrowIfOneClass(rows, trainingCount);
                return new(1, 0);
            case ModelTask.MulticlassClassification:
                ThrowIfOneClass(rows, trainingCount);
                ThrowIfUnseen(rows, trainingCount);
                return new(1, 0);
            case ModelTask.Ranking:
                ThrowIfNothingToRank(rows, trainingCount);
                return new(1, 0);
            default:
                return Standardise(rows, trainingCount);
        }
    }

    /// <summary>The targets of labels.</summary>
    public float[] Apply(ReadOnlySpan<double> labels)
    {
        var targets = new float[labels.Length];
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] = (float)((labels[i] - Offset) / Factor);
        }

        return targets;
    }

    private static TargetScale Standardise(LabelledRows rows, int trainingCount)
    {
        var labels = rows.Labels[..trainingCount];
        double mean = 0, squares = 0;
        foreach (var label in labels)
        {
            mean += label / trainingCount;
        }

        foreach (var label in labels)
        {
            squares += (label - mean) * (label - mean);
        }

        var deviation = Math.Sqrt(squares / trainingCount);
        return float.IsFinite((float)mean) && float.IsNormal((float)deviation)
            ? new((float)deviation, (float)mean)
            : throw new TrainingDataException(
                $"Expected label '{rows.LabelColumnName}' to vary within the range of float32, but all training rows hold one number or some are too large.", rows.LabelColumnName);
    }

    private static void ThrowIfOneClass(LabelledRows rows, int trainingCount)
    {
        var labels = rows.Labels[..trainingCount];
        if (!labels.ContainsAnyExcept(labels[0]))
        {
            var name = rows.ClassNames.Count > 0 ? $"'{rows.ClassNames[(int)labels[0]]}'" : $"{labels[0]:0}";
            throw new TrainingDataException(
                $"Expected {(rows.ClassNames.Count > 2 ? "several" : "both")} classes in label '{rows.LabelColumnName}', but all {trainingCount} training rows hold the class {name}.",
                rows.LabelColumnName);
        }
    }

    private static void ThrowIfUnseen(LabelledRows rows, int trainingCount)
    {
        for (var i = 0; i < rows.ClassNames.Count; i++)
        {
            if (!rows.Labels[..trainingCount].Contains(i))
            {
                throw new TrainingDataException(
                    $"Expected rows of every class of label '{rows.LabelColumnName}' among the {trainingCount} training rows, but there is none of the class '{rows.ClassNames[i]}'.",
                    rows.LabelColumnName);
            }
        }
    }

    private static void ThrowIfNothingToRank(LabelledRows rows, int trainingCount)
    {
        var hasPair = false;
        for (var row = 0; row < rows.RowCount; row++)
        {
            if (rows.Labels[row] < 0)
            {
                throw new TrainingDataException($"Expected label '{rows.LabelColumnName}' to be a gain of 0 or more in every row, but row {row} holds a negative number.", rows.LabelColumnName, row);
            }

            hasPair |= row > 0 && row < trainingCount && rows.Groups[row] == rows.Groups[row - 1] && rows.Labels[row] != rows.Labels[row - 1];
        }

        if (!hasPair)
        {
            throw new TrainingDataException(
                $"Expected a group with different labels in column '{rows.LabelColumnName}', but the rows of every group are alike: there is nothing to rank.", rows.LabelColumnName);
        }
    }
}
