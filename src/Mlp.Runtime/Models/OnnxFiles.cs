namespace Mlp.Runtime.Models;

/// <summary>A published model in the form that a session is made from: its files have been checked.</summary>
/// <param name="Onnx">Bytes of the ONNX file; for <see cref="WeightStorage.Mapped"/> without the weights that lie in a mapped file.</param>
/// <param name="ExternalDataDirectory">The folder that its external data lies in; null when it has none. Nobody may write there.</param>
/// <param name="Weights">Where the weights shall lie.</param>
/// <param name="MappedByteCount">Bytes of weights that lie in mapped files; 0 for <see cref="WeightStorage.Resident"/>.</param>
public sealed record OnnxFiles(ReadOnlyMemory<byte> Onnx, string? ExternalDataDirectory, WeightStorage Weights, long MappedByteCount);
