using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Accelerators;

/// <summary>Puts the execution providers of an accelerator before the processor. The order of appending is the order of preference; the processor is always the last.</summary>
internal static class SessionProviders
{
    private const string DisableFallbackKey = "session.disable_cpu_ep_fallback";

    /// <summary>Appends the providers.</summary>
    /// <param name="options">Options of a session that has no provider yet.</param>
    /// <param name="choice">Where the session shall run.</param>
    /// <exception cref="AcceleratorUnavailableException">ONNX Runtime cannot use the GPU that is there.</exception>
    /// <exception cref="AcceleratorOptionsException">It does not know an option, or its value.</exception>
    public static void Append(SessionOptions options, AcceleratorChoice choice)
    {
        if (choice.Settings.RequireAllNodes)
        {
            options.AddSessionConfigEntry(DisableFallbackKey, "1");
        }

        if (choice.Accelerator == Accelerator.TensorRt)
        {
            AppendTensorRt(options, choice.Settings.ForTensorRt());
        }

        if (choice.IsOnGpu)
        {
            AppendCuda(options, choice.Accelerator, choice.Settings.ForCuda());
        }
    }

    /// <summary>Whether a session could not be made because nodes would have fallen back to the processor.</summary>
    /// <param name="exception">What the engine said.</param>
    public static bool IsFallbackRefused(OnnxRuntimeException exception) => exception.Message.Contains("fallback to CPU EP has been explicitly disabled", StringComparison.Ordinal);

    private static void AppendTensorRt(SessionOptions options, Dictionary<string, string> settings)
    {
        if (settings.TryGetValue(AcceleratorSettings.EngineCachePath, out var folder))
        {
            Directory.CreateDirectory(folder);
        }

        using var tensorRt = Create(Accelerator.TensorRt, AcceleratorSelector.NoTensorRtBuild, () => new OrtTensorRTProviderOptions());
        Update(Accelerator.TensorRt, settings, tensorRt.UpdateOptions);
        Load(Accelerator.TensorRt, "TensorRT, CUDA or cuDNN", () => options.AppendExecutionProvider_Tensorrt(tensorRt));
    }

    private static void AppendCuda(SessionOptions options, Accelerator asked, Dictionary<string, string> settings)
    {
        using var cuda = Create(asked, AcceleratorSelector.NoCudaBuild, () => new OrtCUDAProviderOptions());
        Update(asked, settings, cuda.UpdateOptions);
        Load(asked, "CUDA or cuDNN", () => options.AppendExecutionProvider_CUDA(cuda));
    }

    private static T Create<T>(Accelerator asked, string missing, Func<T> create)
    {
        try
        {
            return create();
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException)
        {
            throw new AcceleratorUnavailableException(asked, missing, e);
        }
    }

    private static void Update(Accelerator asked, Dictionary<string, string> settings, Action<Dictionary<string, string>> update)
    {
        try
        {
            update(settings);
        }
        catch (OnnxRuntimeException e)
        {
            throw new AcceleratorOptionsException(asked, [.. settings.Keys.Order(StringComparer.Ordinal)], e);
        }
    }

    /// <summary>The provider lies in a library of its own, which is loaded now and needs those of NVIDIA.</summary>
    private static void Load(Accelerator asked, string libraries, Action append)
    {
        try
        {
            append();
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException)
        {
            throw new AcceleratorUnavailableException(
                asked, $"ONNX Runtime cannot use the GPU that is there (usually a library of {libraries} is missing): {e.Message.Trim().TrimEnd('.')}", e);
        }
    }
}
