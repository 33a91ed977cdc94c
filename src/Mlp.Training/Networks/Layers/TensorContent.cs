namespace Mlp.Training.Networks.Layers;

/// <summary>What a value between layers holds.</summary>
public enum TensorContent
{
    /// <summary>float32 numbers.</summary>
    Numbers,

    /// <summary>int64 numbers of categories, for a layer that embeds them.</summary>
    Ids,

    /// <summary>What a network over features with numbers and ids starts with: both, for a layer that takes one of them or joins them.</summary>
    Features,
}
