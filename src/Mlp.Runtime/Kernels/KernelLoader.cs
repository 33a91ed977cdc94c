using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Kernels.Recognition;
using Mlp.Runtime.Kernels.Trial;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Kernels;

/// <summary>
/// Makes the kernel of a version that is being loaded, tries it, and hands it to the session where it is right and faster. Whatever stands against it is a reason in the description, never
/// an error: ONNX Runtime serves.
/// </summary>
/// <param name="recognise">Makes the kernel; tests put a wrong one there.</param>
internal sealed class KernelLoader(Func<KernelRequest, KernelProgram> recognise)
{
    /// <summary>That of the platform.</summary>
    public static KernelLoader Default { get; } = new(static r => GraphRecogniser.Recognise(r.Manifest.Name, r.Onnx, r.Inputs.Inputs, r.Score.Name, ElementOf(r.Score), r.Score.Width));

    /// <summary>Makes and tries the kernel of a version.</summary>
    /// <param name="use">Whether a kernel may serve.</param>
    /// <param name="request">The version.</param>
    /// <param name="session">Its session; the caller holds a lease. It serves through the kernel afterwards, where that is faster.</param>
    /// <param name="golden">Its golden rows, which ONNX Runtime answers rightly; null if there are none.</param>
    public KernelDescription Load(KernelUse use, KernelRequest request, ExecutionSession session, GoldenRows? golden)
    {
        if (use == KernelUse.Off)
        {
            return KernelDescription.None("Kernels are switched off.");
        }

        if (session.Accelerator.IsOnGpu)
        {
            return KernelDescription.None($"Kernels run on the processor, and the model on {session.Accelerator.Accelerator}.");
        }

        if (session.Weights == WeightStorage.Mapped)
        {
            return KernelDescription.None("Kernels are made of resident weights, and the model's are mapped.");
        }

        if (request.Inputs.NeedsWindow || request.Score.Conversion is not null)
        {
            return KernelDescription.None("Kernels take features as they are, any number of rows, and the model takes or gives other element types, or a fixed number of rows.");
        }

        try
        {
            var program = recognise(request);
            var description = Try(program, use, request, session, golden);
            if (description.IsInUse)
            {
                session.Use(new ServedKernel(program, description));
            }

            return description;
        }
        catch (UncoveredGraphException e)
        {
            return KernelDescription.None(e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // ONNX Runtime has accepted the graph and serves it, whatever a kernel stumbles over.
            return KernelDescription.None($"Expected a kernel to be made of the graph, but that failed: {e.Message}");
        }
    }

    private static KernelDescription Try(KernelProgram program, KernelUse use, KernelRequest request, ExecutionSession session, GoldenRows? golden)
    {
        using var trial = new KernelTrial(program, session, request.Inputs, request.Score, use == KernelUse.Strict ? KernelTrial.StrictTolerance : KernelTrial.Tolerance);
        try
        {
            if (trial.FindDifference(golden, out var rowCount) is { } difference)
            {
                return new KernelDescription(program.Kind, difference, [], rowCount);
            }

            var timings = trial.Measure();
            var reason = timings.Any(t => t.IsKernelFaster) ? null : "Expected a kernel to be faster than ONNX Runtime, but it was so for no number of rows.";
            return new KernelDescription(program.Kind, reason, timings, rowCount) { HasSameBits = trial.HasSameBits };
        }
        catch (OnnxRuntimeException)
        {
            // Some models refuse rows that mean nothing to them, so there is nothing to compare with.
            return new KernelDescription(program.Kind, "Expected ONNX Runtime to answer the rows that a kernel is tried on, but it refuses some.", [], 0);
        }
    }

    private static KernelElement ElementOf(OutputPlan score) => score.ElementType switch
    {
        TensorElementType.Double => KernelElement.Float64,
        TensorElementType.Int64 => KernelElement.Int64,
        _ => KernelElement.Float32,
    };
}
