namespace Mlp.Runtime.Onnx;

/// <summary>Bytes are not a protobuf message. Never leaves the library: who reads a file knows its name and says so.</summary>
/// <param name="offset">Offset in bytes from the start of the file.</param>
/// <param name="detail">What was expected and what was found there, without a full stop.</param>
internal sealed class ProtobufFormatException(long offset, string detail) : Exception(detail)
{
    /// <summary>Offset in bytes from the start of the file.</summary>
    public long Offset { get; } = offset;
}
