namespace Mlp.Training.Preprocessing;

/// <summary>What a term of a text counts.</summary>
public enum TermWeight
{
    /// <summary>How often it occurs in the text.</summary>
    Count = 0,

    /// <summary>1 if it occurs in the text.</summary>
    Presence,

    /// <summary>How often it occurs, times ln((1 + n) / (1 + d)) + 1 with d of n training rows that have it; each row then divided by its Euclidean length (scikit-learn's TfidfVectorizer).</summary>
    TfIdf,
}
