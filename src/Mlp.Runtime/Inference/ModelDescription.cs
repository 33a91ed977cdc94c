using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>How a model version is being served. Immutable.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Version in service.</param>
/// <param name="Alias">The alias that chose it; null for a fixed version.</param>
/// <param name="Layout">The features that it takes, in order.</param>
/// <param name="FeatureService">The service that they are read from; null when callers bring them.</param>
/// <param name="Accelerator">Where it runs: <see cref="Accelerator.Cpu"/>, <see cref="Accelerator.Cuda"/> or <see cref="Accelerator.TensorRt"/>.</param>
/// <param name="AcceleratorFallback">Why <see cref="Accelerator.Auto"/> fell back to the processor; else null.</param>
public sealed record ModelDescription(
    string Model,
    int Version,
    string? Alias,
    FeatureRowLayout Layout,
    FeatureServiceReference? FeatureService,
    Accelerator Accelerator,
    string? AcceleratorFallback)
{
    /// <summary>Where the weights lie.</summary>
    public WeightStorage Weights { get; init; }

    /// <summary>Bytes of weights in mapped files; 0 for <see cref="WeightStorage.Resident"/>, and for a model that has none worth mapping.</summary>
    public long MappedByteCount { get; init; }

    /// <summary>Number of nodes of the model by the execution provider that runs them, as ONNX Runtime names it: <c>CPUExecutionProvider</c>. Empty where this ONNX Runtime cannot be asked.</summary>
    public IReadOnlyDictionary<string, int> Providers { get; init; } = NodeAssignment.Unknown.NodeCounts;

    /// <summary>
    /// The first 20 nodes that run on the processor though a GPU was asked for, by name or, without one, by operator. Some are meant to: ONNX Runtime keeps the arithmetic of shapes there.
    /// </summary>
    public IReadOnlyList<string> FallbackNodes { get; init; } = [];

    /// <summary>Number of all nodes that run on the processor though a GPU was asked for.</summary>
    public int FallbackNodeCount { get; init; }

    /// <summary>Whether inputs and outputs pass through page-locked memory, from which a GPU copies at full speed; false on the processor, which reads the memory of the call.</summary>
    public bool HasPinnedBuffers { get; init; }

    /// <summary>What runs take by their number of rows, as measured so far; empty without dynamic batching.</summary>
    public IReadOnlyList<BatchCost> BatchCosts { get; init; } = [];
}
