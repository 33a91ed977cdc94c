namespace Mlp.Training.Networks;

/// <summary>What training makes small.</summary>
public enum NetworkLossKind
{
    /// <summary>Log loss for classification, squared error for regression, <see cref="LambdaRank"/> for ranking.</summary>
    Default,

    /// <summary>−ln of the probability of the true class.</summary>
    LogLoss,

    /// <summary>(prediction − label)², in standard deviations of the label.</summary>
    SquaredError,

    /// <summary>Squared error for small errors, absolute error for large ones (Huber, 1964).</summary>
    Huber,

    /// <summary>Pinball loss: the prediction becomes the quantile of the label (Koenker and Bassett, 1978).</summary>
    Quantile,

    /// <summary>ln(1 + e^−(s_i − s_j)) over the pairs of a group of which i has the greater label (Burges et al., 2005).</summary>
    RankNet,

    /// <summary>RankNet with each pair weighted by what its exchange would change of the NDCG (Burges, 2010). The gain is the label.</summary>
    LambdaRank,
}
