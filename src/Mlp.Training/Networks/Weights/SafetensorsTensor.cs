namespace Mlp.Training.Networks.Weights;

/// <summary>A tensor of a <see cref="SafetensorsFile"/>.</summary>
/// <param name="Name">Its name, for example <c>0.weight</c>.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its shape; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin in the file.</param>
/// <param name="ByteCount">How many there are.</param>
public sealed record SafetensorsTensor(string Name, SafetensorsType Type, IReadOnlyList<long> Shape, long Offset, long ByteCount);
