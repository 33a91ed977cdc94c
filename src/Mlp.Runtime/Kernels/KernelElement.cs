namespace Mlp.Runtime.Kernels;

/// <summary>Element types of the values of a kernel.</summary>
internal enum KernelElement
{
    Float32,
    Float64,

    /// <summary>An input of int64.</summary>
    Int64,

    /// <summary>A truth value, one byte: 0 or 1.</summary>
    Boolean,

    /// <summary>The status of features, as uint8.</summary>
    Status,
}
