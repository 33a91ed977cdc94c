namespace Mlp.Runtime.Models;

/// <summary>Element type of a model's input or output. The names stand in manifests.</summary>
public enum TensorElementKind
{
    /// <summary>32-bit float.</summary>
    Float32,

    /// <summary>64-bit float.</summary>
    Float64,

    /// <summary>16-bit float.</summary>
    Float16,

    /// <summary>8-bit unsigned integer.</summary>
    UInt8,

    /// <summary>32-bit signed integer.</summary>
    Int32,

    /// <summary>64-bit signed integer.</summary>
    Int64,

    /// <summary>Truth value, one byte.</summary>
    Boolean,

    /// <summary>UTF-8 text.</summary>
    String,

    /// <summary>Any other type; a model that uses it can be published, and only be called with what it asks for.</summary>
    Other,
}
