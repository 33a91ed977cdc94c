namespace Mlp.Training.Evaluation;

/// <summary>Checks probabilities and labels that a caller brings.</summary>
internal static class ScoreCheck
{
    /// <summary>Refuses scores, labels and weights that do not go together.</summary>
    /// <exception cref="ArgumentException">Lengths differ, a score is no probability, a label is no class, or a weight is negative.</exception>
    public static void ThrowIfUnfit(ReadOnlySpan<float> scores, ReadOnlySpan<int> labels, int classCount, ReadOnlySpan<float> weights)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 2);
        var width = classCount == 2 ? 1 : classCount;
        if (scores.Length != (long)labels.Length * width)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {width} scores for each label, but found {scores.Length} scores and {labels.Length} labels."), nameof(scores));
        }

        for (var i = 0; i < scores.Length; i++)
        {
            if (!(scores[i] is >= 0 and <= 1))
            {
                throw new ArgumentException(FormattableString.Invariant($"Expected probabilities from 0 to 1, but row {i / width} has another score."), nameof(scores));
            }
        }

        if (labels.IndexOfAnyExceptInRange(0, classCount - 1) is >= 0 and var label)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected every label to be the number of a class, 0 to {classCount - 1}, but found another at row {label}."), nameof(labels));
        }

        ThrowIfNoWeights(weights, labels.Length);
    }

    /// <summary>Refuses weights that are not one per row, 0 or more.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public static void ThrowIfNoWeights(ReadOnlySpan<float> weights, int rowCount)
    {
        if (!weights.IsEmpty && weights.Length != rowCount)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected a weight for each of {rowCount} rows, or none, but found {weights.Length}."), nameof(weights));
        }

        for (var i = 0; i < weights.Length; i++)
        {
            if (!(weights[i] >= 0) || !float.IsFinite(weights[i]))
            {
                throw new ArgumentException(FormattableString.Invariant($"Expected weights of 0 or more, but row {i} has another."), nameof(weights));
            }
        }
    }
}
