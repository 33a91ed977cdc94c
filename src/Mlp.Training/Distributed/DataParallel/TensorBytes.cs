namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Reads or writes a tensor of a training's state.</summary>
/// <param name="name">Its name in a checkpoint.</param>
/// <param name="bytes">Its memory.</param>
internal delegate void TensorBytes(string name, Span<byte> bytes);
