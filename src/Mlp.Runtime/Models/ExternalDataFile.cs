namespace Mlp.Runtime.Models;

/// <summary>A file that holds values of an ONNX model's tensors outside of the ONNX file.</summary>
/// <param name="Path">Where the ONNX file says that it lies: relative to it, with '/' between folders.</param>
/// <param name="ByteCount">Size in bytes.</param>
/// <param name="Sha256">SHA-256, 64 lower-case hexadecimal digits.</param>
public sealed record ExternalDataFile(string Path, long ByteCount, string Sha256);
