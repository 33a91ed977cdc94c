namespace Mlp.Training.Search;

/// <summary>How the settings of trials are chosen.</summary>
public enum SearchSampling
{
    /// <summary>Independently of each other.</summary>
    Random,

    /// <summary>By a scrambled Halton sequence, which covers the space more evenly than chance does.</summary>
    Halton,
}
