namespace Mlp.Training.Evaluation.Calibration;

/// <summary>Rows that a calibration is fitted to. Immutable.</summary>
internal sealed class CalibrationRows
{
    /// <summary>Checks and keeps rows.</summary>
    /// <param name="said">What a calibrator takes, finite: log odds, shape (rows), or probabilities, shape (rows, classes).</param>
    /// <param name="scores">What the model says without calibration: probabilities of the same shape.</param>
    /// <param name="labels">Shape (rows): numbers of classes.</param>
    /// <param name="weights">Shape (rows); empty where all count the same.</param>
    /// <param name="classCount">Number of classes, at least 2.</param>
    public CalibrationRows(float[] said, float[] scores, int[] labels, ReadOnlySpan<double> weights, int classCount)
    {
        (Said, Scores, Labels, ClassCount, Width) = (said, scores, labels, classCount, classCount == 2 && said.Length == labels.Length ? 1 : classCount);
        Weights = new double[labels.Length];
        for (var i = 0; i < Weights.Length; i++)
        {
            Weights[i] = weights.IsEmpty ? 1 : weights[i];
        }

        TotalWeight = Weights.Sum();
    }

    public int Count => Labels.Length;

    public int ClassCount { get; }

    /// <summary>Numbers of a row.</summary>
    public int Width { get; }

    public float[] Said { get; }

    public float[] Scores { get; }

    public int[] Labels { get; }

    public double[] Weights { get; }

    public double TotalWeight { get; }

    /// <summary>How much the rows of a class count together.</summary>
    public double WeightOf(int label)
    {
        double sum = 0;
        for (var i = 0; i < Labels.Length; i++)
        {
            sum += Labels[i] == label ? Weights[i] : 0;
        }

        return sum;
    }

    /// <summary>The rows whose weight is above 0.</summary>
    public CalibrationRows Counting() => Array.TrueForAll(Weights, w => w > 0) ? this : Take([.. Enumerable.Range(0, Count).Where(r => Weights[r] > 0)]);

    /// <summary>Some of the rows.</summary>
    public CalibrationRows Take(IReadOnlyList<int> rows)
    {
        var (said, scores) = (new float[rows.Count * Width], new float[rows.Count * Width]);
        var (labels, weights) = (new int[rows.Count], new double[rows.Count]);
        for (var i = 0; i < rows.Count; i++)
        {
            Said.AsSpan(rows[i] * Width, Width).CopyTo(said.AsSpan(i * Width));
            Scores.AsSpan(rows[i] * Width, Width).CopyTo(scores.AsSpan(i * Width));
            (labels[i], weights[i]) = (Labels[rows[i]], Weights[rows[i]]);
        }

        return new(said, scores, labels, weights, ClassCount);
    }

    /// <summary>Refuses rows that no calibration can be learned from.</summary>
    /// <exception cref="TrainingDataException">They are too few, of one class, or all of one score.</exception>
    public void ThrowIfUnfit(CalibrationOptions options)
    {
        if (Count < options.MinimumRows)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected at least {options.MinimumRows} rows to calibrate on, but found {Count}: what is learned from them would be chance."));
        }

        var counts = new int[ClassCount];
        for (var i = 0; i < Count; i++)
        {
            counts[Labels[i]] += Weights[i] > 0 ? 1 : 0;
        }

        if (counts.Count(c => c > 0) < 2)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected rows of both classes to calibrate on, but all {Count} are of one."));
        }

        if (Width == 1 && counts.Min() < options.Folds)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected at least {options.Folds} rows of each class to calibrate on, one for each fold, but class {(counts[0] < counts[1] ? 0 : 1)} has {counts.Min()}."));
        }

        if (Array.FindIndex(Said, s => !float.IsFinite(s)) is >= 0 and var found)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected a finite score for every row to calibrate on, but row {found / Width} has none."));
        }

        if (AreRowsAlike())
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected scores that differ from row to row, but all {Count} rows to calibrate on have the same: there is nothing to learn from."));
        }
    }

    private bool AreRowsAlike()
    {
        for (var i = Width; i < Said.Length; i++)
        {
            if (Said[i] != Said[i % Width])
            {
                return false;
            }
        }

        return true;
    }
}
