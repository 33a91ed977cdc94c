namespace Mlp.Training.Preprocessing;

/// <summary>How the values of a categorical feature are put in order.</summary>
public enum CategoryOrder
{
    /// <summary>The most frequent first; ties in ascending order of the values.</summary>
    Frequency = 0,

    /// <summary>Ascending: texts by the numbers of their characters (ordinal), integers by size.</summary>
    Value,

    /// <summary>The order that was given; values that were not given are unknown.</summary>
    Given,
}
