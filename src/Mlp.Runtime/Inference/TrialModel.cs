using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A model with a score, loaded on the processor and out of service, as it would be loaded to serve: for the trial before it is published, and for its evaluation. Not thread-safe.
/// </summary>
internal sealed class TrialModel : IDisposable
{
    private readonly FeatureRanges? _ranges;

    private TrialModel(ModelManifest candidate, InputPlan inputs, InferenceSlot slot)
    {
        _ranges = FeatureRanges.Create(candidate, inputs);
        Inputs = inputs;
        Slot = slot;
    }

    /// <summary>Which features fill which input.</summary>
    public InputPlan Inputs { get; }

    /// <summary>Its rows and their score.</summary>
    public InferenceSlot Slot { get; }

    /// <summary>Loads a model and looks at its score.</summary>
    /// <param name="candidate">The model; of version 0 where it has none yet.</param>
    /// <param name="files">Its files.</param>
    /// <param name="capacity">Greatest number of rows of a run.</param>
    /// <param name="time">The clock of deadlines, of which there are none here.</param>
    /// <exception cref="InvalidModelException">It cannot be run.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public static TrialModel Open(ModelManifest candidate, OnnxFiles files, int capacity, TimeProvider time)
    {
        var served = ServedGraph.Create(candidate, files.Onnx);
        var inputs = ModelFeatureService.Plan(served.Manifest, reader: null);
        var session = ExecutionSession.Create(candidate, files with { Onnx = served.Onnx }, AcceleratorChoice.Cpu);
        try
        {
            var outputs = new OutputProbe(served.Manifest, session, inputs).Run();
            return new TrialModel(candidate, inputs, new InferenceSlot(session, inputs, outputs, keyCount: 0, capacity, time));
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelException(candidate.Name, $"Expected a model that runs, but ONNX Runtime says: {e.Message.Trim()} ({candidate.Where}).", e);
        }
        finally
        {
            // The slot has a lease of its own.
            session.Release();
        }
    }

    /// <summary>Runs the rows of the slot.</summary>
    /// <param name="firstRow">What the first of them is among the caller's, for messages.</param>
    /// <exception cref="FeatureRangeException">A value does not fit the narrower type of its input.</exception>
    /// <exception cref="OnnxRuntimeException">The run failed.</exception>
    public void Run(int firstRow)
    {
        _ranges?.Require(Slot.Rows, firstRow);
        Slot.Run(interruptible: false, CancellationToken.None);
    }

    /// <inheritdoc/>
    public void Dispose() => Slot.Dispose();
}
