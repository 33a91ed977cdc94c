using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Interop;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Versions;

/// <summary>
/// A version in memory, proved and ready to serve: the session and what is known of its inputs and outputs. Any number of roles serve from it at once, each with slots of its own
/// (<see cref="VersionActivator"/>). Holds a lease of the session until <see cref="Release"/>. Immutable.
/// </summary>
internal sealed class LoadedVersion
{
    private const long TrimmedByteCount = 16 << 20;

    /// <summary>The version as it is served.</summary>
    public required ModelManifest Manifest { get; init; }

    /// <summary>The session.</summary>
    public required ExecutionSession Session { get; init; }

    /// <summary>Where the weights lie.</summary>
    public WeightStorage Weights => Session.Weights;

    /// <summary>Which features fill which input; nothing for a model without a score.</summary>
    public required InputPlan Inputs { get; init; }

    /// <summary>The score output, and others; null for a model without a score.</summary>
    public OutputPlans? Outputs { get; init; }

    /// <summary>The feature service; null when callers bring the features.</summary>
    public IFeatureServiceReader? Reader { get; init; }

    /// <summary>What features do that have no value.</summary>
    public required NullRules Nulls { get; init; }

    /// <summary>A row that the model can run; null where none is known.</summary>
    public WarmUpRow? WarmUp { get; init; }

    /// <summary>Measured time of a run of one row, nanoseconds; 0 where none has run.</summary>
    public long RunNanoseconds { get; init; }

    /// <summary>What runs take by their number of rows, learned on by every role; null where calls do not share runs.</summary>
    public CostCurve? BatchCosts { get; init; }

    /// <summary>Lets go of the session, which goes when the slots that use it have gone. The memory of a large one is given back to the system, which the C library would not do by itself.</summary>
    public void Release()
    {
        Session.Release();
        if (Weights == WeightStorage.Resident && Session.IsDisposed && Manifest.OnnxByteCount + Manifest.ExternalData.Sum(static f => f.ByteCount) >= TrimmedByteCount)
        {
            NativeHeap.Trim();
        }
    }
}
