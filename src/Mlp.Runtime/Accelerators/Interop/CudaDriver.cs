using System.Runtime.InteropServices;

namespace Mlp.Runtime.Accelerators.Interop;

/// <summary>Counts GPUs through NVIDIA's driver, which is there exactly where a GPU can be used. Neither CUDA nor ONNX Runtime is needed for it.</summary>
internal static class CudaDriver
{
    private static string LibraryName => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    /// <summary>The number of GPUs that the driver offers.</summary>
    /// <returns>0 without a driver or without a GPU.</returns>
    public static unsafe int CountDevices()
    {
        if (!NativeLibrary.TryLoad(LibraryName, out var library))
        {
            return 0;
        }

        try
        {
            if (!NativeLibrary.TryGetExport(library, "cuInit", out var initialise)
                || !NativeLibrary.TryGetExport(library, "cuDeviceGetCount", out var getCount)
                || ((delegate* unmanaged<uint, int>)initialise)(0) != 0)
            {
                return 0;
            }

            var count = 0;
            return ((delegate* unmanaged<int*, int>)getCount)(&count) == 0 ? count : 0;
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }
}
