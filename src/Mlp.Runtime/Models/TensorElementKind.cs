namespace Mlp.Runtime.Models;

/// <summary>
/// Element type of a model's input or output: those of ONNX (TensorProto.DataType), and what is no tensor. The names stand in manifests. Which of them a call can bring or read is
/// decided when the model is loaded.
/// </summary>
public enum TensorElementKind
{
    /// <summary>32-bit float.</summary>
    Float32,

    /// <summary>64-bit float.</summary>
    Float64,

    /// <summary>16-bit float.</summary>
    Float16,

    /// <summary>16-bit float with the exponent of a 32-bit one.</summary>
    BFloat16,

    /// <summary>8-bit float: 4 bits of exponent, 3 of mantissa, no infinity.</summary>
    Float8E4M3FN,

    /// <summary>8-bit float: 4 bits of exponent, 3 of mantissa, no infinity, no negative zero.</summary>
    Float8E4M3FNUZ,

    /// <summary>8-bit float: 5 bits of exponent, 2 of mantissa.</summary>
    Float8E5M2,

    /// <summary>8-bit float: 5 bits of exponent, 2 of mantissa, no infinity, no negative zero.</summary>
    Float8E5M2FNUZ,

    /// <summary>8-bit power of two, for scales.</summary>
    Float8E8M0,

    /// <summary>4-bit float: 2 bits of exponent, 1 of mantissa.</summary>
    Float4E2M1,

    /// <summary>4-bit signed integer.</summary>
    Int4,

    /// <summary>4-bit unsigned integer.</summary>
    UInt4,

    /// <summary>8-bit signed integer.</summary>
    Int8,

    /// <summary>8-bit unsigned integer.</summary>
    UInt8,

    /// <summary>16-bit signed integer.</summary>
    Int16,

    /// <summary>16-bit unsigned integer.</summary>
    UInt16,

    /// <summary>32-bit signed integer.</summary>
    Int32,

    /// <summary>32-bit unsigned integer.</summary>
    UInt32,

    /// <summary>64-bit signed integer.</summary>
    Int64,

    /// <summary>64-bit unsigned integer.</summary>
    UInt64,

    /// <summary>Complex number of two 32-bit floats.</summary>
    Complex64,

    /// <summary>Complex number of two 64-bit floats.</summary>
    Complex128,

    /// <summary>Truth value, one byte.</summary>
    Boolean,

    /// <summary>UTF-8 text.</summary>
    String,

    /// <summary>A sparse tensor; no tensor that a call could bring.</summary>
    SparseTensor,

    /// <summary>A sequence of values; no tensor.</summary>
    Sequence,

    /// <summary>A map of values; no tensor.</summary>
    Map,

    /// <summary>A value that may be absent; no tensor.</summary>
    Optional,

    /// <summary>A type that this version does not know. A model that uses it can be published; at load it stands for any type, since the hash of the file proves which.</summary>
    Other,
}
