namespace Mlp.Runtime.Onnx;

/// <summary>A tensor of an ONNX file whose values lie in another file (<c>TensorProto.external_data</c>).</summary>
/// <param name="Name">Name of the tensor; empty where it has none.</param>
/// <param name="Location">Where the values lie, relative to the folder of the model, as the file says it.</param>
/// <param name="Offset">Where in that file they begin.</param>
/// <param name="Length">Bytes of the values; null where neither the file nor the tensor's shape says it.</param>
internal readonly record struct OnnxExternalTensor(string Name, string Location, long Offset, long? Length);
