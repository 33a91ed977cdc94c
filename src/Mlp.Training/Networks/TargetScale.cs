using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>How labels become targets: classes stay 0 and 1, numbers are standardised by the training rows.</summary>
internal readonly record struct TargetScale(float Factor, float Offset)
{
    /// <summary>Learns from the first rows and checks all of them.</summary>
    /// <exception cref="TrainingDataException">A part has too few rows, or labels do not fit the task.</exception>
    public static TargetScale Learn(LabelledRows rows, int trainingCount, bool isClassifier)
    {
        if (trainingCount < 2)
        {
            throw new TrainingDataException(
                $"Expected at least 2 training rows, but only {trainingCount} of {rows.RowCount} rows lie before the validation rows: bring more rows, or a smaller validation share.");
        }

        var labels = rows.Labels[..trainingCount];
        if (isClassifier)
        {
            LabelColumn.ThrowIfNotBinary(rows.Labels, rows.LabelColumnName);
            return labels.ContainsAnyExcept(labels[0])
                ? new(1, 0)
                : throw new TrainingDataException($"Expected both classes in label '{rows.LabelColumnName}', but all {trainingCount} training rows hold the class {labels[0]:0}.", rows.LabelColumnName);
        }

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
}
