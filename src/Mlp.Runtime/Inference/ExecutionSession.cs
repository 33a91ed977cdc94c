using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Inference.Interop;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Inference;

/// <summary>
/// An inference session that counts who uses it, because disposing of one that runs ends the process. The creator holds the first lease and every slot holds
/// one for its life; whoever gives back the last one disposes of the session. Thread-safe.
/// </summary>
internal class ExecutionSession
{
    private readonly InferenceSession? _session;
    private readonly BoundRun? _run;
    private readonly Lazy<bool> _outputShapesFollowInputs;
    private int _leases = 1;
    private ServedKernel? _kernel;

    /// <summary>Puts a session in charge of its leases; a null one is another engine's.</summary>
    /// <param name="session">The session.</param>
    /// <param name="accelerator">Where it runs.</param>
    /// <param name="files">What it was made from; null for another engine's.</param>
    protected ExecutionSession(InferenceSession? session, AcceleratorChoice accelerator, OnnxFiles? files = null)
    {
        _session = session;
        _run = session is null ? null : new BoundRun(session);
        _outputShapesFollowInputs = new Lazy<bool>(() => _session is not null && DoOutputShapesFollow(_session));
        Weights = files?.Weights ?? WeightStorage.Resident;
        MappedByteCount = files?.MappedByteCount ?? 0;
        Accelerator = accelerator;
        Nodes = session is null ? NodeAssignment.Unknown : NodeAssignment.Of(session, accelerator);
        Staging = session is not null && accelerator.IsOnGpu ? StagingMemory.Create(session, accelerator.Settings.Device) : null;
    }

    /// <summary>Where the session runs.</summary>
    public AcceleratorChoice Accelerator { get; }

    /// <summary>Which execution provider runs how many nodes.</summary>
    public NodeAssignment Nodes { get; }

    /// <summary>The memory that inputs and outputs pass through on their way to a GPU and back; null on the processor, which reads the memory of the slot.</summary>
    public StagingMemory? Staging { get; }

    /// <summary>Where the weights lie.</summary>
    public WeightStorage Weights { get; }

    /// <summary>Bytes of weights in mapped files.</summary>
    public long MappedByteCount { get; }

    /// <summary>
    /// Whether the file declares every output as a tensor of numbers, each of whose sizes is fixed or has the name of a size of an input: then the inputs decide all shapes, if the
    /// declaration is true.
    /// </summary>
    public bool OutputShapesFollowInputs => _outputShapesFollowInputs.Value;

    /// <summary>Whether the last lease has been given back.</summary>
    public bool IsDisposed => Volatile.Read(ref _leases) == 0;

    /// <summary>Creates a session without threads of its own (<see cref="EngineThreads"/>).</summary>
    /// <param name="manifest">The version, for messages.</param>
    /// <param name="files">The model.</param>
    /// <param name="accelerator">Where it shall run.</param>
    /// <exception cref="InvalidModelException">ONNX Runtime refuses the file.</exception>
    /// <exception cref="AcceleratorUnavailableException">CUDA and a GPU are there, but ONNX Runtime cannot use them.</exception>
    /// <exception cref="AcceleratorOptionsException">ONNX Runtime does not know an option of the accelerator, or its value.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public static ExecutionSession Create(ModelManifest manifest, OnnxFiles files, AcceleratorChoice accelerator)
    {
        try
        {
            using var options = CreateOptions(accelerator);
            SessionFiles.Configure(options, files.ExternalDataDirectory, files.Weights == WeightStorage.Mapped);
            return new ExecutionSession(new InferenceSession(SessionFiles.AsArray(files.Onnx), options), accelerator, files);
        }
        catch (OnnxRuntimeException e) when (accelerator.Settings.RequireAllNodes && SessionProviders.IsFallbackRefused(e))
        {
            throw new InvalidModelException(
                manifest.Name,
                $"Expected a model all of whose nodes run on {accelerator.Accelerator}, as AcceleratorOptions.{nameof(AcceleratorOptions.RequireAllNodes)} asks, but some run on the processor only ({manifest.Where}). Without it ModelDescription.{nameof(ModelDescription.FallbackNodes)} names them.",
                e);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelException(
                manifest.Name,
                $"Expected a model that ONNX Runtime can load, but it says: {OnnxSessionCheck.Describe(e.Message)} ({manifest.Where}).",
                e);
        }
        catch (Exception e) when (OnnxRuntimeNative.IsMissing(e))
        {
            throw OnnxRuntimeNative.Missing(e);
        }
    }

    /// <summary>Takes a lease, unless the last one has been given back already.</summary>
    /// <returns>True if the caller now holds a lease.</returns>
    public bool TryAcquire()
    {
        for (var leases = Volatile.Read(ref _leases); leases > 0;)
        {
            var found = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (found == leases)
            {
                return true;
            }

            leases = found;
        }

        return false;
    }

    /// <summary>Gives a lease back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            Staging?.Dispose();
            _session?.Dispose();
        }
    }

    /// <summary>Prepares the runs of a number of rows. The caller holds a lease, and disposes of the shape before giving it back.</summary>
    /// <param name="inputs">Memory of the inputs.</param>
    /// <param name="outputs">Memory of the outputs.</param>
    /// <param name="rowCount">Number of rows.</param>
    public virtual BoundShape Bind(InputBuffer[] inputs, OutputBuffer[] outputs, int rowCount)
    {
        if (Staging is { } staging)
        {
            return new StagedBoundShape(this, staging, inputs, outputs, rowCount);
        }

        return outputs is [ScoreBuffer score] && _kernel is { } kernel && kernel.Description.Serves(rowCount)
            ? new KernelShape(kernel.Program, inputs, score, rowCount, () => new SessionBoundShape(this, inputs, outputs, rowCount))
            : new SessionBoundShape(this, inputs, outputs, rowCount);
    }

    /// <summary>Lets a kernel run the score where it is faster; what has been bound before stays with the session.</summary>
    /// <param name="kernel">A kernel that has passed its trial.</param>
    public void Use(ServedKernel kernel) => _kernel = kernel;

    /// <summary>A binding of inputs and outputs to memory; the holder of a lease disposes of it before giving the lease back.</summary>
    public OrtIoBinding CreateBinding() => _session!.CreateIoBinding();

    /// <summary>Runs bound memory. The caller holds a lease.</summary>
    /// <param name="options">Options of this caller alone.</param>
    /// <param name="binding">A binding of this session.</param>
    public void Run(RunOptions options, OrtIoBinding binding) => _run!.Run(options, binding);

    /// <summary>Runs into memory that ONNX Runtime allocates, for outputs whose shape is not known yet. The caller holds a lease.</summary>
    /// <param name="options">Options of this caller alone.</param>
    /// <param name="binding">A binding of inputs, with the outputs bound to a device.</param>
    /// <returns>The outputs; the caller disposes of them.</returns>
    public IDisposableReadOnlyCollection<OrtValue> RunForOutputs(RunOptions options, OrtIoBinding binding)
        => _session!.RunWithBoundResults(options, binding);

    private static bool DoOutputShapesFollow(InferenceSession session)
    {
        var names = session.InputMetadata.Values.Where(i => i.IsTensor).SelectMany(i => i.SymbolicDimensions).Where(n => n.Length > 0).ToHashSet(StringComparer.Ordinal);
        return session.OutputMetadata.Values.All(o => o is { IsTensor: true, IsString: false, Dimensions.Length: > 0 }
            && o.Dimensions.Zip(o.SymbolicDimensions).All(d => d.First >= 0 || names.Contains(d.Second)));
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The caller disposes of the options.")]
    private static SessionOptions CreateOptions(AcceleratorChoice accelerator)
    {
        var options = new SessionOptions
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,

            // What is wrong comes back as an exception; it need not stand on the console too.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        EngineThreads.Configure(options);
        NodeAssignment.Record(options);
        SessionProviders.Append(options, accelerator);
        return options;
    }
}
