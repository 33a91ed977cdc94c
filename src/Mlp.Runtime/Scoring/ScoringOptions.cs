namespace Mlp.Runtime.Scoring;

/// <summary>What a scored table holds beside the score, and how much runs at once. Immutable; the defaults fit most uses.</summary>
public sealed record ScoringOptions
{
    /// <summary>The options that are used where none are given.</summary>
    public static ScoringOptions Default { get; } = new();

    /// <summary>The columns of the input that the result has too, in this order; null for all of them.</summary>
    /// <value>The default value is null.</value>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Whether and how the result has the probabilities of all classes.</summary>
    /// <value>The default value is <see cref="ClassProbabilities.None"/>.</value>
    public ClassProbabilities Probabilities { get; init; }

    /// <summary>Whether the result has the name of the predicted class, <c>predicted_label</c>.</summary>
    /// <value>The default value is false.</value>
    public bool IncludeLabel { get; init; }

    /// <summary>Batches of a stream or file that are scored at once, 1 to 256; at most as many results wait to be read. A single batch runs on the caller's thread.</summary>
    /// <value>The default value is the number of processors.</value>
    public int MaxDegreeOfParallelism
    {
        get;
        init => field = value is >= 1 and <= 256
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"Expected {nameof(MaxDegreeOfParallelism)} to be 1 to 256.");
    }
    = Math.Clamp(Environment.ProcessorCount, 1, 256);
}
