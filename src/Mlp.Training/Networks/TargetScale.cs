using Mlp.Runtime.Models;
using Mlp.Training.Networks.Streams;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>How labels become targets: classes and gains stay as they are, numbers are standardised by the training rows.</summary>
internal readonly record struct TargetScale(float Factor, float Offset)
{
    /// <summary>Learns from the first rows and checks all of them.</summary>
    /// <exception cref="TrainingDataException">A part has too few rows, or labels do not fit the task.</exception>
    public static TargetScale Learn(LabelledRows rows, int trainingCount, ModelTask task)
    {
        ThrowIfTooFew(trainingCount, rows.RowCount);

        switch (task)
        {
            case ModelTask.BinaryClassification:
                ThrowIfMoreThanTwo(rows.LabelColumnName, rows.ClassNames);
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

    /// <summary>Learns from the training rows of a stream.</summary>
    /// <param name="survey">What is known of them.</param>
    /// <param name="task">What is predicted; not ranking.</param>
    /// <param name="rowCount">All rows, for messages.</param>
    /// <exception cref="TrainingDataException">There are too few rows, or labels do not fit the task.</exception>
    public static TargetScale Learn(StreamSurvey survey, ModelTask task, long rowCount)
    {
        ThrowIfTooFew(survey.TrainingCount, rowCount);
        if (task == ModelTask.Regression)
        {
            return Standard(survey.LabelColumnName, survey.LabelMean, survey.LabelDeviation, survey.TrainingCount);
        }

        if (task == ModelTask.BinaryClassification)
        {
            ThrowIfMoreThanTwo(survey.LabelColumnName, survey.ClassNames);
        }

        var counts = survey.ClassCounts;
        if (counts.Count(c => c > 0) == 1)
        {
            throw OneClass(survey.LabelColumnName, survey.ClassNames, System.Array.FindIndex(counts, c => c > 0), survey.TrainingCount, rowCount, counts.Where((count, i) => count == 0 && survey.HasClass(i)).Any());
        }

        return System.Array.IndexOf(counts, 0) is >= 0 and var unseen ? throw Unseen(survey.LabelColumnName, survey.ClassNames[unseen], survey.TrainingCount, rowCount, survey.HasClass(unseen)) : new(1, 0);
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
        double mean = 0, squares = 0, least = double.PositiveInfinity, most = double.NegativeInfinity;
        foreach (var label in labels)
        {
            mean += label / trainingCount;
            (least, most) = (Math.Min(least, label), Math.Max(most, label));
        }

        foreach (var label in labels)
        {
            squares += (label - mean) * (label - mean);
        }

        return Standard(rows.LabelColumnName, mean, least == most ? 0 : Math.Max(double.Epsilon, Math.Sqrt(squares / trainingCount)), trainingCount);
    }

    private static TargetScale Standard(string label, double mean, double deviation, long trainingCount)
    {
        if (deviation == 0)
        {
            throw new TrainingDataException($"Expected label '{label}' to vary, but all {trainingCount} training rows hold one number.", label);
        }

        return float.IsFinite((float)mean) && float.IsNormal((float)deviation)
            ? new((float)deviation, (float)mean)
            : throw new TrainingDataException(
                $"Expected label '{label}' and its deviation to be within the range of float32, but in the {trainingCount} training rows the numbers are too large, or differ by too little: change the unit of the label.", label);
    }

    private static void ThrowIfTooFew(long trainingCount, long rowCount)
    {
        if (trainingCount < 2)
        {
            throw new TrainingDataException(FormattableString.Invariant(
                $"Expected at least 2 training rows, but only {trainingCount} of {rowCount} rows lie before the validation rows: bring more rows, or a smaller validation share."));
        }
    }

    private static void ThrowIfMoreThanTwo(string label, IReadOnlyList<string> names)
    {
        if (names.Count > 2)
        {
            throw new TrainingDataException($"Expected two classes in label '{label}', but found {names.Count}: {nameof(ModelTask.MulticlassClassification)} takes several.", label);
        }
    }

    private static TrainingDataException OneClass(string label, IReadOnlyList<string> names, int number, long trainingCount, long rowCount, bool isHeldOut) => new(
        FormattableString.Invariant(
            $"Expected {(names.Count > 2 ? "several" : "both")} classes in label '{label}', but all {trainingCount} training rows hold the class {(names.Count > 0 ? $"'{names[number]}'" : number)}.{LabelColumn.HeldOut(trainingCount, rowCount, isHeldOut)}"),
        label);

    private static TrainingDataException Unseen(string label, string name, long trainingCount, long rowCount, bool isHeldOut)
        => new(FormattableString.Invariant($"Expected rows of every class of label '{label}' among the {trainingCount} training rows, but there is none of the class '{name}'.{LabelColumn.HeldOut(trainingCount, rowCount, isHeldOut)}"), label);

    private static void ThrowIfOneClass(LabelledRows rows, int trainingCount)
    {
        var labels = rows.Labels[..trainingCount];
        if (!labels.ContainsAnyExcept(labels[0]))
        {
            throw OneClass(rows.LabelColumnName, rows.ClassNames, (int)labels[0], trainingCount, rows.RowCount, rows.Labels.ContainsAnyExcept(labels[0]));
        }
    }

    private static void ThrowIfUnseen(LabelledRows rows, int trainingCount)
    {
        for (var i = 0; i < rows.ClassNames.Count; i++)
        {
            if (!rows.Labels[..trainingCount].Contains(i))
            {
                throw Unseen(rows.LabelColumnName, rows.ClassNames[i], trainingCount, rows.RowCount, rows.Labels.Contains(i));
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
