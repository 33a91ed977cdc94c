namespace Mlp.Training.Networks.Checkpoints;

/// <summary>The whole state of a training: what it is of, where it stands, and the bytes of every tensor by name. Immutable.</summary>
/// <param name="Identity">What it is of.</param>
/// <param name="Position">Where it stands.</param>
/// <param name="Metric">The metric that decides, where the checkpoint was taken at the end of an epoch; null within one.</param>
/// <param name="Tensors">Bytes by name.</param>
internal sealed record NetworkCheckpoint(CheckpointIdentity Identity, TrainingPosition Position, double? Metric, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Tensors);
