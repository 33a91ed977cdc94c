using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives.Nccl.Interop;
using Mlp.Training.Interop;

namespace Mlp.Training.Networks.Devices;

/// <summary>The GPUs of this process.</summary>
internal sealed class TorchGpus : IGpuInventory
{
    private static readonly Lazy<bool> Cuda = new(() =>
        NativeSearchPath.Find(NativeSearchPath.Directories(), NativeFunctions.TorchCuda) is not null || NativeLibrary.TryLoad(NativeFunctions.TorchCuda, out _));

    public bool HasCuda => Cuda.Value;

    public int Count
    {
        get
        {
            if (!HasCuda)
            {
                return 0;
            }

            Torch.EnsureLoaded();
            return CudaRuntime.Load(null).CountDevices();
        }
    }
}
