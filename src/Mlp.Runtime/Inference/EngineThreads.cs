using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The threads of ONNX Runtime in this process. As a rule it has none: callers bring theirs, and a pool per session that spins while it waits would starve them. An application may ask for one pool that all sessions
/// share, which then splits single runs; it belongs to ONNX Runtime's environment, which exists once in a process. Thread-safe.
/// </summary>
internal static class EngineThreads
{
    private static readonly Lock Gate = new();
    private static (int ThreadCount, bool Spin)? _shared;

    /// <summary>Makes the shared pool.</summary>
    /// <param name="threadCount">Number of its threads, the caller's own included.</param>
    /// <param name="spin">Whether idle threads spin for a while before they sleep.</param>
    /// <exception cref="EngineInUseException">ONNX Runtime has been used before in this process, without a shared pool or with another one.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public static void Share(int threadCount, bool spin)
    {
        lock (Gate)
        {
            if (_shared == (threadCount, spin))
            {
                return;
            }

            if (_shared is { } other)
            {
                throw new EngineInUseException(threadCount, FormattableString.Invariant($"it has one of {other.ThreadCount} threads {(other.Spin ? "that spin" : "that do not spin")} since an earlier start of the platform"));
            }

            if (OrtEnv.IsCreated)
            {
                throw new EngineInUseException(threadCount, "it was in use before the platform was started: start the platform first, before ML.NET or anything else that runs ONNX models");
            }

            Create(threadCount, spin);
            _shared = (threadCount, spin);
        }
    }

    /// <summary>Gives a session its threads: those of the shared pool where there is one, else none.</summary>
    /// <param name="options">Options of the session.</param>
    public static void Configure(SessionOptions options)
    {
        bool isShared;
        lock (Gate)
        {
            isShared = _shared is not null;
        }

        if (isShared)
        {
            options.DisablePerSessionThreads();
            return;
        }

        options.IntraOpNumThreads = 1;
        options.InterOpNumThreads = 1;
    }

    private static void Create(int threadCount, bool spin)
    {
        try
        {
            using var threads = new OrtThreadingOptions { GlobalIntraOpNumThreads = threadCount, GlobalInterOpNumThreads = 1, GlobalSpinControl = spin };
            var options = new EnvironmentCreationOptions { logId = "mlp", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING, threadOptions = threads };
            OrtEnv.CreateInstanceWithOptions(ref options);
        }
        catch (Exception e) when (OnnxRuntimeNative.IsMissing(e))
        {
            throw OnnxRuntimeNative.Missing(e);
        }
    }
}
