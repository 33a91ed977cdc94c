namespace Mlp.Training.Networks.Layers;

/// <summary>What becomes of the outputs of branches side by side.</summary>
public enum ParallelMerge
{
    /// <summary>They are joined along an axis.</summary>
    Concat,

    /// <summary>They are added.</summary>
    Sum,
}
