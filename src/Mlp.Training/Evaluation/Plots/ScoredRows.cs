namespace Mlp.Training.Evaluation.Plots;

/// <summary>What a binary classifier says of labelled rows. Immutable as long as its memory is.</summary>
/// <param name="Name">Name of the classifier, for the legend.</param>
/// <param name="Scores">Shape (rows): probabilities of class 1.</param>
/// <param name="Labels">Shape (rows): 0 or 1.</param>
public sealed record ScoredRows(string Name, ReadOnlyMemory<float> Scores, ReadOnlyMemory<int> Labels)
{
    /// <summary>Shape (rows), 0 or more; empty where all rows count the same.</summary>
    public ReadOnlyMemory<float> Weights { get; init; }

    /// <exception cref="ArgumentException">Lengths differ, a score is no probability, or a label is neither 0 nor 1.</exception>
    /// <exception cref="TrainingDataException">The rows are of one class.</exception>
    internal void ThrowIfUnfit()
    {
        ScoreCheck.ThrowIfUnfit(Scores.Span, Labels.Span, 2, Weights.Span);
        var (zero, one) = (0, 0);
        for (var row = 0; row < Labels.Length; row++)
        {
            if (Weights.IsEmpty || Weights.Span[row] > 0)
            {
                (zero, one) = Labels.Span[row] == 1 ? (zero, one + 1) : (zero + 1, one);
            }
        }

        if (zero == 0 || one == 0)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected rows of both classes to draw '{Name}' from, but all {Labels.Length} are of one."));
        }
    }
}
