namespace Mlp.Training.Search;

/// <summary>How the settings of trials are chosen.</summary>
public enum SearchSampling
{
    /// <summary>Independently of each other.</summary>
    Random,

    /// <summary>By a scrambled Halton sequence, which covers the space more evenly than chance does.</summary>
    Halton,

    /// <summary>
    /// By what earlier trials have shown (tree-structured Parzen estimators: Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011): settings are drawn where good trials are
    /// dense and bad ones are not. The first <see cref="SearchOptions.StartupTrials"/> are Halton's.
    /// </summary>
    Tpe,
}
