using System.Text.Json.Serialization;

namespace Mlp.Training.Networks.Checkpoints;

/// <summary>The readable part of a checkpoint's file.</summary>
internal sealed record CheckpointHeader
{
    public required CheckpointIdentity Identity { get; init; }

    public required TrainingPosition Position { get; init; }

    public double? Metric { get; init; }

    /// <summary>The tensors in the order of their bytes.</summary>
    public required IReadOnlyList<CheckpointTensor> Tensors { get; init; }
}

/// <summary>A tensor's bytes in the file.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Length">How many.</param>
internal sealed record CheckpointTensor(string Name, int Length);

/// <summary>How headers are written and read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(CheckpointHeader))]
[JsonSerializable(typeof(TrainingPosition))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
