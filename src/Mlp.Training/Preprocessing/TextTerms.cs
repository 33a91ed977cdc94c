namespace Mlp.Training.Preprocessing;

/// <summary>What a text is cut into.</summary>
public enum TextTerms
{
    /// <summary>Runs of at least two letters, marks, digits or underscores.</summary>
    Words = 0,

    /// <summary>Every single letter, blank or sign.</summary>
    Letters,
}
