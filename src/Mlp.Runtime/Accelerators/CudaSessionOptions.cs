using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Accelerators;

/// <summary>Puts CUDA before the processor among a session's execution providers.</summary>
internal static class CudaSessionOptions
{
    /// <summary>Appends the provider; what CUDA cannot run still runs on the processor.</summary>
    /// <param name="options">Options of a session that has no provider yet: the order of appending is the order of preference.</param>
    /// <exception cref="AcceleratorUnavailableException">ONNX Runtime cannot use the GPU that is there.</exception>
    public static void Append(SessionOptions options)
    {
        try
        {
            using var cuda = new OrtCUDAProviderOptions();

            // The default searches exhaustively for each new shape, which makes every first batch of a size slow.
            cuda.UpdateOptions(new Dictionary<string, string> { ["cudnn_conv_algo_search"] = "HEURISTIC" });
            options.AppendExecutionProvider_CUDA(cuda);
        }
        catch (EntryPointNotFoundException e)
        {
            throw new AcceleratorUnavailableException(Accelerator.Cuda, AcceleratorSelector.NoCudaBuild, e);
        }
        catch (OnnxRuntimeException e)
        {
            throw new AcceleratorUnavailableException(
                Accelerator.Cuda, $"ONNX Runtime cannot use the GPU that is there (usually a CUDA or cuDNN library is missing): {e.Message.Trim().TrimEnd('.')}", e);
        }
    }
}
