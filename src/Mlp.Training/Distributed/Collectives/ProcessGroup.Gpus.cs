using Mlp.Training.Distributed.Collectives.InProcess;
using Mlp.Training.Distributed.Collectives.InProcess.Interop;
using Mlp.Training.Distributed.Collectives.Nccl;

namespace Mlp.Training.Distributed.Collectives;

// Groups whose ranks are threads of this process with a GPU each.
public sealed partial class ProcessGroup
{
    /// <summary>
    /// Creates a group whose ranks are threads of this process with a GPU each; values travel by NCCL. Each thread is handed its place and makes the calls of that rank. Values are of the host, as in every group. Nothing of this has
    /// run on a GPU so far.
    /// </summary>
    /// <param name="devices">Numbers of the GPUs among those that are visible (<c>CUDA_VISIBLE_DEVICES</c>), by rank; null for all.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <returns>The places, by rank. Each is disposed by whom it is handed to.</returns>
    /// <exception cref="ArgumentException">A setting is out of its range, or a GPU is named twice.</exception>
    /// <exception cref="GpuUnavailableException">There is no NCCL, none of a version that is known, no CUDA runtime, no GPU, or none of a number.</exception>
    public static IReadOnlyList<ProcessGroup> CreateOnGpus(IReadOnlyList<int>? devices = null, ProcessGroupOptions? options = null)
    {
        var settings = (options ?? new()).Validated();
        var ends = NcclConnector.Create(devices, settings, worldSize =>
        {
            var shared = new InProcessGroup(settings.Name, worldSize, settings.TimeProvider);
            return [.. Enumerable.Range(0, worldSize).Select(rank => new InProcessBackend(shared, rank))];
        });
        return [.. ends.Select(end => new ProcessGroup(end, settings))];
    }

    /// <summary>Whether memory may be of a GPU.</summary>
    internal bool TakesDeviceMemory => _backend.TakesDeviceMemory;

    /// <summary>Begins, and leaves to the thread of the group: reduces the values of all ranks, in place, where they lie on the rank's GPU.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int or long.</typeparam>
    /// <param name="values">Memory of the GPU, which nobody reads on the host.</param>
    /// <param name="operation">How the ranks' values become one.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks.</param>
    /// <param name="ready">The CUDA event after which the values are there.</param>
    /// <returns>The call. At its end the GPU is done.</returns>
    internal CollectiveHandle StartAllReduceOnDevice<T>(Memory<T> values, ReduceOperation operation, string tensor, nint ready)
        where T : unmanaged
    {
        CheckReduction<T>(operation);
        return Start(Describe<T>(CollectiveKind.AllReduce, values.Length, operation, -1, null, tensor, null, default) with { Ready = ready }, ReadOnlyMemory<T>.Empty, values);
    }
}
