using Mlp.Runtime.Accelerators;

namespace Mlp.Runtime.Onnx;

/// <summary>Tells a missing native library of ONNX Runtime from every other failure.</summary>
internal static class OnnxRuntimeNative
{
    /// <summary>The CPU package.</summary>
    public const string Package = "Microsoft.ML.OnnxRuntime";

    /// <summary>The package for CUDA and TensorRT, which runs on the processor, too.</summary>
    public const string GpuPackage = "Microsoft.ML.OnnxRuntime.Gpu";

    /// <summary>Whether an exception means that the native library could not be loaded.</summary>
    /// <param name="exception">What a call into ONNX Runtime threw.</param>
    /// <remarks>The first call fails in a type initialiser around the loader's error; later ones repeat it.</remarks>
    public static bool IsMissing(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is DllNotFoundException or BadImageFormatException)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The error that names the package to add.</summary>
    /// <param name="exception">What the call threw.</param>
    /// <param name="accelerator">What was asked for.</param>
    public static MissingNativePackageException Missing(Exception exception, Accelerator accelerator = Accelerator.Cpu)
        => new(accelerator is Accelerator.Cuda or Accelerator.TensorRt ? GpuPackage : Package, "ONNX Runtime", exception);
}
