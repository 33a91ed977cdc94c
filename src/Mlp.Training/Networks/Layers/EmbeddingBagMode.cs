namespace Mlp.Training.Networks.Layers;

/// <summary>What becomes of the vectors of one row's ids.</summary>
public enum EmbeddingBagMode
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The largest value of each element.</summary>
    Maximum,
}
