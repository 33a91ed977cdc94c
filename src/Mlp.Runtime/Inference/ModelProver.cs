using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Makes a version of files that have been read and checked: its inputs are what the manifest says, its features are what the feature service delivers, and its golden rows are answered as they were when it was
/// published. Whatever fails leaves nothing behind. Thread-safe.
/// </summary>
internal sealed class ModelProver(IAcceleratorProbe probe, TimeProvider time)
{
    /// <summary>Checks that ONNX Runtime and the accelerator that a model asks for are there, before there is a version to load.</summary>
    /// <param name="settings">The model's settings.</param>
    /// <exception cref="AcceleratorUnavailableException">Something for the accelerator is missing.</exception>
    /// <exception cref="AcceleratorOptionsException">ONNX Runtime does not know an option of the accelerator, or its value.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public AcceleratorChoice ChooseAccelerator(ModelSettings settings)
    {
        try
        {
            OrtEnv.Instance();
            return AcceleratorSelector.Select(settings.Accelerator, settings.AcceleratorSettings, probe);
        }
        catch (Exception e) when (OnnxRuntimeNative.IsMissing(e))
        {
            throw OnnxRuntimeNative.Missing(e, settings.Accelerator);
        }
    }

    /// <summary>Loads and proves a version.</summary>
    /// <param name="settings">The model's settings.</param>
    /// <param name="manifest">The version.</param>
    /// <param name="files">Its files.</param>
    /// <param name="golden">Its golden rows; null where there are none.</param>
    /// <param name="findReader">Finds the feature service; gives null when callers bring the features.</param>
    /// <param name="span">Told of every step.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The version; the caller releases it.</returns>
    /// <exception cref="InvalidModelException">The file, its description and its feature service do not fit together.</exception>
    public LoadedVersion Load(
        ModelSettings settings, ModelManifest manifest, OnnxFiles files, GoldenRows? golden, Func<IFeatureServiceReader?> findReader, LoadSpan span, CancellationToken cancellationToken)
    {
        RequireSignature(manifest, files.Onnx.Span);
        span.Passed("signature");
        var served = ServedGraph.Create(manifest, files.Onnx);
        var reader = findReader();
        var inputs = manifest.Output.Task == ModelTask.Tensors ? InputPlan.None : ModelFeatureService.Plan(served.Manifest, reader);
        if (golden is not null)
        {
            GoldenRowCheck.RequireLayout(manifest, golden, inputs);
        }

        span.Passed("features");
        cancellationToken.ThrowIfCancellationRequested();

        var session = ExecutionSession.Create(manifest, files with { Onnx = served.Onnx }, ChooseAccelerator(settings));
        LoadedSessions.Add(session, manifest);
        span.Passed("session");
        try
        {
            var nulls = NullRules.Create(manifest, inputs, settings.Nulls);
            return manifest.Output.Task == ModelTask.Tensors
                ? new LoadedVersion { Manifest = served.Manifest, Session = session, Inputs = inputs, Nulls = nulls }
                : Prove(settings, served, session, inputs, reader, nulls, golden, span);
        }
        catch
        {
            session.Release();
            throw;
        }
    }

    private LoadedVersion Prove(
        ModelSettings settings, ServedGraph graph, ExecutionSession session, InputPlan inputs, IFeatureServiceReader? reader, NullRules nulls, GoldenRows? golden, LoadSpan span)
    {
        var manifest = graph.Manifest;
        try
        {
            var outputProbe = new OutputProbe(manifest, session, inputs);
            var outputs = outputProbe.Run();
            span.Passed("outputs");
            var warmUp = golden is not null || outputProbe.HasRun ? new WarmUpRow(golden) : null;
            if (golden is not null)
            {
                using var proved = new InferenceSlot(session, inputs, outputs, keyCount: 0, capacity: 1, time);
                GoldenRowCheck.Run(manifest, golden, proved);
                span.Passed("golden rows");
            }

            // A kernel is compared with ONNX Runtime, so that must have answered the golden rows rightly first.
            var engine = KernelLoader.Default.Load(settings.Kernels, new KernelRequest(manifest, graph.Onnx, inputs, outputs.Score), session, golden);
            span.Passed("kernel");
            using var slot = new InferenceSlot(session, inputs, outputs, keyCount: 0, capacity: 1, time);
            var nanoseconds = warmUp?.Measure(slot) ?? 0;
            span.Passed("warm-up");
            CostCurve? costs = null;
            if (settings.Batching is { } batching)
            {
                costs = new BatchProbe(manifest, golden, batching.MaximumBatchSize, capacity => new InferenceSlot(session, inputs, outputs, keyCount: 0, capacity, time)).Run();
                span.Passed("batches");
            }

            return new LoadedVersion
            {
                Manifest = manifest,
                Session = session,
                Inputs = inputs,
                Outputs = outputs,
                Reader = reader,
                Nulls = nulls,
                Engine = engine,
                WarmUp = warmUp,
                RunNanoseconds = nanoseconds,
                BatchCosts = costs,
            };
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelException(
                manifest.Name,
                $"Expected a model that runs, but ONNX Runtime says: {e.Message.Trim()} ({manifest.Where}).",
                e);
        }
    }

    private static void RequireSignature(ModelManifest manifest, ReadOnlySpan<byte> onnx)
    {
        var found = OnnxModelReader.Read(manifest.Name, onnx).Signature;
        Require(manifest, "input", manifest.Signature.Inputs, found.Inputs);
        Require(manifest, "output", manifest.Signature.Outputs, found.Outputs);
    }

    private static void Require(
        ModelManifest manifest, string what, IReadOnlyList<TensorSpecification> expected, IReadOnlyList<TensorSpecification> found)
    {
        var index = expected.Zip(found).TakeWhile(pair => IsSame(pair.First, pair.Second)).Count();
        if (index < expected.Count || index < found.Count)
        {
            var wanted = index < expected.Count ? expected[index].ToString() : "no more";
            var actual = index < found.Count ? found[index].ToString() : "no more";
            throw new InvalidModelException(
                manifest.Name,
                $"Expected {what} {wanted}, but the file has {actual} ({manifest.Where}).");
        }
    }

    /// <summary>The platform that published may not have known a type that this one knows: the hash has proved the file.</summary>
    private static bool IsSame(TensorSpecification expected, TensorSpecification found)
        => expected.Equals(found) || (expected.ElementType == TensorElementKind.Other && expected.Name == found.Name);
}
