using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Data;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Loads a version so that it may answer: its file is the published one, its inputs are what the manifest says, its features are what the feature service delivers, its
/// golden rows are answered as they were when it was published, and every slot has run. Whatever fails leaves nothing behind. Thread-safe.
/// </summary>
internal sealed class ModelLoader(
    IModelRegistry registry,
    IFeatureSource? features,
    IEnumerable<IPredictionObserver> observers,
    PredictionClock clock,
    IAcceleratorProbe probe,
    ILoggerFactory loggers,
    KernelLoader kernels)
{
    private const int TimedRuns = 5;

    private readonly ILogger _logger = loggers.CreateLogger<ModelLoader>();

    /// <summary>Checks that ONNX Runtime and the accelerator that a model asks for are there, before there is a version to load.</summary>
    /// <param name="settings">The model's settings.</param>
    /// <exception cref="AcceleratorUnavailableException">Something for the accelerator is missing.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public AcceleratorChoice ChooseAccelerator(ModelSettings settings)
    {
        try
        {
            OrtEnv.Instance();
            return AcceleratorSelector.Select(settings.Accelerator, probe);
        }
        catch (Exception e) when (OnnxRuntimeNative.IsMissing(e))
        {
            throw OnnxRuntimeNative.Missing(e);
        }
    }

    /// <summary>Loads and warms a version.</summary>
    /// <param name="settings">The model's settings.</param>
    /// <param name="version">Version.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A version that can answer at once.</returns>
    /// <exception cref="ModelNotFoundException">There is no such version.</exception>
    /// <exception cref="InvalidModelException">The file, its description and its feature service do not fit together.</exception>
    /// <exception cref="CorruptFileException">The file is not what was published.</exception>
    public async Task<ServingVersion> LoadAsync(ModelSettings settings, int version, CancellationToken cancellationToken)
    {
        var manifest = registry.FindVersion(settings.Name, version) ?? throw new ModelNotFoundException(
            settings.Name,
            FormattableString.Invariant($"version {version}"),
            FormattableString.Invariant($"Expected version {version} of model '{settings.Name}' in the registry, but found no such version."));
        var files = await registry.OpenOnnxAsync(manifest, settings.Weights, cancellationToken).ConfigureAwait(false);
        var golden = await registry.ReadGoldenRowsAsync(manifest, cancellationToken).ConfigureAwait(false);
        RequireSignature(manifest, files.Onnx.Span);
        var served = ServedGraph.Create(manifest, files.Onnx);
        var reader = ModelFeatureService.Find(manifest, settings.FeatureService, features);
        var inputs = manifest.Output.Task == ModelTask.Tensors ? InputPlan.None : ModelFeatureService.Plan(served.Manifest, reader);
        if (golden is not null)
        {
            GoldenRowCheck.RequireLayout(manifest, golden, inputs);
        }

        cancellationToken.ThrowIfCancellationRequested();

        var session = ExecutionSession.Create(manifest, files with { Onnx = served.Onnx }, ChooseAccelerator(settings));
        try
        {
            return manifest.Output.Task == ModelTask.Tensors
                ? AssembleTensors(settings, served.Manifest, session)
                : Assemble(settings, served, session, inputs, reader, golden);
        }
        catch
        {
            session.Release();
            throw;
        }
    }

    private ServingVersion Assemble(
        ModelSettings settings, ServedGraph graph, ExecutionSession session, InputPlan inputs, IFeatureServiceReader? reader, GoldenRows? golden)
    {
        var manifest = graph.Manifest;
        var outputProbe = new OutputProbe(manifest, session, inputs);
        var outputs = outputProbe.Run();
        var nulls = NullRules.Create(manifest, inputs, settings.Nulls);
        var served = new ServedModel(manifest, settings.Variant, reader?.Description.Keys ?? [], inputs.Layout) { Service = reader?.Description.Reference };
        var recorder = new PredictionRecorder(served, observers, _logger);
        var serving = new ServingVersion(served, session, inputs, outputs, reader, recorder, clock, settings) { Nulls = nulls };
        try
        {
            serving.Engine = LoadKernel(settings, graph, session, serving, golden);
            var isProved = golden is null;
            serving.Singles.Fill(slot =>
            {
                if (!isProved)
                {
                    GoldenRowCheck.Run(manifest, golden!, slot);
                    isProved = true;
                }

                Warm(slot, outputProbe.HasRun, serving, golden);
            });
        }
        catch (Exception e)
        {
            // The slots that exist hold leases of their own; the caller gives back the first one.
            serving.Singles.Close();
            serving.Batches.Close();
            serving.Tensors.Close();
            if (e is OnnxRuntimeException)
            {
                throw new InvalidModelException(
                    manifest.Name,
                    FormattableString.Invariant($"Expected a model that runs, but ONNX Runtime says: {e.Message.Trim()} (model '{manifest.Name}' version {manifest.Version})."),
                    e);
            }

            throw;
        }

        return serving;
    }

    /// <summary>A kernel is compared with ONNX Runtime, so the golden rows must have been answered rightly by that first.</summary>
    private KernelDescription LoadKernel(ModelSettings settings, ServedGraph graph, ExecutionSession session, ServingVersion serving, GoldenRows? golden)
    {
        if (golden is not null)
        {
            using var slot = new InferenceSlot(session, serving.Inputs, serving.RequireScore(), keyCount: 0, capacity: 1, clock.Time);
            GoldenRowCheck.Run(graph.Manifest, golden, slot);
        }

        return kernels.Load(settings.Kernels, new KernelRequest(graph.Manifest, graph.Onnx, serving.Inputs, serving.RequireScore().Score), session, golden);
    }

    /// <summary>Without a score there is nothing that observers could hear, and without knowing the shapes nothing to warm.</summary>
    private ServingVersion AssembleTensors(ModelSettings settings, ModelManifest manifest, ExecutionSession session)
    {
        var nulls = NullRules.Create(manifest, InputPlan.None, settings.Nulls);
        var served = new ServedModel(manifest, settings.Variant, [], InputPlan.None.Layout);
        return new ServingVersion(served, session, InputPlan.None, null, null, new PredictionRecorder(served, [], _logger), clock, settings) { Nulls = nulls };
    }

    /// <summary>Binds and runs a slot, so that the first call is like any other; the quickest run tells how long one takes.</summary>
    private static void Warm(InferenceSlot slot, bool canRunZeros, ServingVersion serving, GoldenRows? golden)
    {
        if (golden is not null)
        {
            // Texts that the model knows, which zeros are not.
            GoldenRowCheck.Fill(golden, 0, slot);
        }
        else if (canRunZeros)
        {
            slot.Rows.Reset(1);
            slot.Rows.Float32.Clear();
            slot.Rows.Float64.Clear();
        }
        else
        {
            return;
        }

        var runs = serving.RunNanoseconds == 0 ? TimedRuns : 1;
        for (var i = 0; i < runs; i++)
        {
            // A measurement of this machine, not a time that anything is decided or logged by.
            var started = Stopwatch.GetTimestamp();
            slot.Run(interruptible: false, CancellationToken.None);
            var nanoseconds = Math.Max(1, (long)Stopwatch.GetElapsedTime(started).TotalNanoseconds);
            serving.RunNanoseconds = serving.RunNanoseconds == 0 ? nanoseconds : Math.Min(serving.RunNanoseconds, nanoseconds);
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
                FormattableString.Invariant($"Expected {what} {wanted}, but the file has {actual} (model '{manifest.Name}' version {manifest.Version})."));
        }
    }

    /// <summary>The platform that published may not have known a type that this one knows: the hash has proved the file.</summary>
    private static bool IsSame(TensorSpecification expected, TensorSpecification found)
        => expected.Equals(found) || (expected.ElementType == TensorElementKind.Other && expected.Name == found.Name);
}
