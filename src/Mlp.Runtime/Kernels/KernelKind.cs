namespace Mlp.Runtime.Kernels;

/// <summary>What a kernel computes.</summary>
public enum KernelKind
{
    /// <summary>No kernel: the graph is none that kernels cover.</summary>
    None,

    /// <summary>One weighted sum per output.</summary>
    Linear,

    /// <summary>Decision trees.</summary>
    Trees,

    /// <summary>A network of dense layers.</summary>
    Dense,
}
