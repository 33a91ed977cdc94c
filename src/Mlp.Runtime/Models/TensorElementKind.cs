using System.Text.Json.Serialization;

namespace Mlp.Runtime.Models;

/// <summary>
/// Element type of a model's input or output: those of ONNX (TensorProto.DataType), and what is no tensor. The words stand in manifests and never change. Which of them a call can bring or read is
/// decided when the model is loaded.
/// </summary>
public enum TensorElementKind
{
    /// <summary>32-bit float.</summary>
    [JsonStringEnumMemberName("float32")]
    Float32,

    /// <summary>64-bit float.</summary>
    [JsonStringEnumMemberName("float64")]
    Float64,

    /// <summary>16-bit float.</summary>
    [JsonStringEnumMemberName("float16")]
    Float16,

    /// <summary>16-bit float with the exponent of a 32-bit one.</summary>
    [JsonStringEnumMemberName("bfloat16")]
    BFloat16,

    /// <summary>8-bit float: 4 bits of exponent, 3 of mantissa, no infinity.</summary>
    [JsonStringEnumMemberName("float8e4m3fn")]
    Float8E4M3FN,

    /// <summary>8-bit float: 4 bits of exponent, 3 of mantissa, no infinity, no negative zero.</summary>
    [JsonStringEnumMemberName("float8e4m3fnuz")]
    Float8E4M3FNUZ,

    /// <summary>8-bit float: 5 bits of exponent, 2 of mantissa.</summary>
    [JsonStringEnumMemberName("float8e5m2")]
    Float8E5M2,

    /// <summary>8-bit float: 5 bits of exponent, 2 of mantissa, no infinity, no negative zero.</summary>
    [JsonStringEnumMemberName("float8e5m2fnuz")]
    Float8E5M2FNUZ,

    /// <summary>8-bit power of two, for scales.</summary>
    [JsonStringEnumMemberName("float8e8m0")]
    Float8E8M0,

    /// <summary>4-bit float: 2 bits of exponent, 1 of mantissa.</summary>
    [JsonStringEnumMemberName("float4e2m1")]
    Float4E2M1,

    /// <summary>4-bit signed integer.</summary>
    [JsonStringEnumMemberName("int4")]
    Int4,

    /// <summary>4-bit unsigned integer.</summary>
    [JsonStringEnumMemberName("uint4")]
    UInt4,

    /// <summary>8-bit signed integer.</summary>
    [JsonStringEnumMemberName("int8")]
    Int8,

    /// <summary>8-bit unsigned integer.</summary>
    [JsonStringEnumMemberName("uint8")]
    UInt8,

    /// <summary>16-bit signed integer.</summary>
    [JsonStringEnumMemberName("int16")]
    Int16,

    /// <summary>16-bit unsigned integer.</summary>
    [JsonStringEnumMemberName("uint16")]
    UInt16,

    /// <summary>32-bit signed integer.</summary>
    [JsonStringEnumMemberName("int32")]
    Int32,

    /// <summary>32-bit unsigned integer.</summary>
    [JsonStringEnumMemberName("uint32")]
    UInt32,

    /// <summary>64-bit signed integer.</summary>
    [JsonStringEnumMemberName("int64")]
    Int64,

    /// <summary>64-bit unsigned integer.</summary>
    [JsonStringEnumMemberName("uint64")]
    UInt64,

    /// <summary>Complex number of two 32-bit floats.</summary>
    [JsonStringEnumMemberName("complex64")]
    Complex64,

    /// <summary>Complex number of two 64-bit floats.</summary>
    [JsonStringEnumMemberName("complex128")]
    Complex128,

    /// <summary>Truth value, one byte.</summary>
    [JsonStringEnumMemberName("boolean")]
    Boolean,

    /// <summary>UTF-8 text.</summary>
    [JsonStringEnumMemberName("string")]
    String,

    /// <summary>A sparse tensor; no tensor that a call could bring.</summary>
    [JsonStringEnumMemberName("sparse-tensor")]
    SparseTensor,

    /// <summary>A sequence of values; no tensor.</summary>
    [JsonStringEnumMemberName("sequence")]
    Sequence,

    /// <summary>A map of values; no tensor.</summary>
    [JsonStringEnumMemberName("map")]
    Map,

    /// <summary>A value that may be absent; no tensor.</summary>
    [JsonStringEnumMemberName("optional")]
    Optional,

    /// <summary>A type that this version does not know. A model that uses it can be published; at load it stands for any type, since the hash of the file proves which.</summary>
    [JsonStringEnumMemberName("other")]
    Other,
}
