namespace Mlp.Runtime.Onnx;

/// <summary>Values of a tensor that were taken out of an ONNX file.</summary>
/// <param name="Source">Where they stand in the ONNX file.</param>
/// <param name="Target">Where they lie in the file of weights.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct OnnxWeightRange(int Source, long Target, int Length);
