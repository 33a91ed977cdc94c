namespace Mlp.Runtime.Onnx;

/// <summary>Element types of ONNX tensors that the platform writes; the numbers are those of <c>TensorProto.DataType</c>.</summary>
public enum OnnxDataType
{
    /// <summary>IEEE binary32.</summary>
    Float32 = 1,

    /// <summary>Bytes without sign.</summary>
    UInt8 = 2,

    /// <summary>Bytes with sign.</summary>
    Int8 = 3,

    /// <summary>Integers of 32 bits.</summary>
    Int32 = 6,

    /// <summary>Integers of 64 bits.</summary>
    Int64 = 7,

    /// <summary>UTF-8 text.</summary>
    String = 8,

    /// <summary>Truth values, one byte each.</summary>
    Boolean = 9,

    /// <summary>IEEE binary16.</summary>
    Float16 = 10,

    /// <summary>IEEE binary64.</summary>
    Float64 = 11,

    /// <summary>The upper half of a binary32.</summary>
    BFloat16 = 16,
}
