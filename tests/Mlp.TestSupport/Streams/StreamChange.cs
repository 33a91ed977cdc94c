namespace Mlp.TestSupport.Streams;

/// <summary>What changes in a stream of rows.</summary>
public enum StreamChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The mean of numeric feature 0 moves by the size, in standard deviations.</summary>
    MeanShift,

    /// <summary>The variance of numeric feature 0 is multiplied by the size.</summary>
    Variance,

    /// <summary>The share of rows that the size says has a category that was never there before, in categorical feature 0.</summary>
    NewCategory,

    /// <summary>The share of rows that the size says lacks numeric feature 0.</summary>
    MissingBurst,

    /// <summary>The label follows another rule in the share of rows that the size says; no feature changes.</summary>
    Concept,
}
