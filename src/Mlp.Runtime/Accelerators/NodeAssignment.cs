using System.Collections.Frozen;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators.Interop;

namespace Mlp.Runtime.Accelerators;

/// <summary>Which execution provider runs how many nodes of a session, and which nodes fell back to the processor. Immutable.</summary>
/// <param name="NodeCounts">Number of nodes by provider; empty where it is not known.</param>
/// <param name="FallbackNodes">Up to <see cref="NamedNodes"/> nodes that run on the processor though an accelerator was asked for, by name or, without one, by operator.</param>
/// <param name="FallbackNodeCount">Number of all such nodes.</param>
internal sealed record NodeAssignment(IReadOnlyDictionary<string, int> NodeCounts, IReadOnlyList<string> FallbackNodes, int FallbackNodeCount)
{
    /// <summary>Greatest number of nodes that are named.</summary>
    public const int NamedNodes = 20;

    /// <summary>Name of the provider that is the processor.</summary>
    public const string CpuProvider = "CPUExecutionProvider";

    private const string RecordKey = "session.record_ep_graph_assignment_info";

    /// <summary>Nothing is known.</summary>
    public static NodeAssignment Unknown { get; } = new(FrozenDictionary<string, int>.Empty, [], 0);

    /// <summary>Has a session record which provider takes which node: it costs nothing that could be measured on 2,000 nodes.</summary>
    /// <param name="options">Options of the session.</param>
    public static void Record(SessionOptions options) => options.AddSessionConfigEntry(RecordKey, "1");

    /// <summary>Asks a session.</summary>
    /// <param name="session">A session that has recorded.</param>
    /// <param name="choice">Where it was to run.</param>
    /// <returns>The assignment, or <see cref="Unknown"/> where this ONNX Runtime cannot be asked.</returns>
    public static NodeAssignment Of(InferenceSession session, AcceleratorChoice choice)
        => GraphAssignment.Read(session) is { } nodes ? Of(nodes, choice.IsOnGpu) : Unknown;

    /// <summary>Counts nodes.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="isOnGpu">Whether those on the processor have fallen back.</param>
    public static NodeAssignment Of(IReadOnlyCollection<AssignedNode> nodes, bool isOnGpu)
    {
        var fallen = isOnGpu ? nodes.Where(n => n.Provider == CpuProvider).ToList() : [];
        return new NodeAssignment(
            nodes.CountBy(n => n.Provider, StringComparer.Ordinal).ToFrozenDictionary(StringComparer.Ordinal),
            [.. fallen.Take(NamedNodes).Select(n => n.Name.Length > 0 ? n.Name : n.OperatorType)],
            fallen.Count);
    }
}
