namespace Mlp.Runtime.Onnx;

/// <summary>Element types of ONNX tensors that the platform writes; the numbers are those of <c>TensorProto.DataType</c>.</summary>
internal enum OnnxDataType
{
    Float32 = 1,
    UInt8 = 2,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Boolean = 9,
    Float64 = 11,
}
