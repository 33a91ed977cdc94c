using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel.Interop;
using Mlp.Training.Interop;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;
using TorchSharp;

namespace Mlp.Training.Tests.Distributed.Collectives.Nccl;

/// <summary>Where values lie, and in what order NCCL's own sums are.</summary>
public sealed class NcclMemoryTests
{
    [FakeGpusFact]
    public async Task AllReduce_WithoutDeterministic_IsNcclsSum()
    {
        using var gpus = new FakeGpus();
        var groups = gpus.Create(3);
        var results = new float[3][];

        LoopbackRanks.Run(groups, g =>
        {
            results[g.Rank] = [g.Rank == 0 ? 1 : g.Rank == 1 ? 1e8f : -1e8f];
            g.AllReduce<float>(results[g.Rank]);
        });

        // (−10⁸ + 10⁸) + 1; in the order of ranks the 1 is lost.
        Assert.All(results, r => Assert.Equal([1f], r));
        Assert.Equal(3, gpus.CallsOf("ncclAllReduce"));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusFact]
    public async Task Reductions_WithoutDeterministic_AverageAndPartsAreNccls()
    {
        using var gpus = new FakeGpus();
        var groups = gpus.Create(4);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            double[] values = [.. Enumerable.Range(0, 10).Select(i => (double)(g.Rank + i))];
            var part = new double[g.Rank + 1];
            g.ReduceScatter<double>(values, part, ReduceOperation.Average, [1, 2, 3, 4]);
            var start = g.Rank * (g.Rank + 1) / 2;
            Assert.Equal(Enumerable.Range(start, g.Rank + 1).Select(i => i + 1.5), part);
            var equal = new double[2];
            g.ReduceScatter<double>(values.AsSpan(0, 8), equal, ReduceOperation.Maximum);
            Assert.Equal([(2 * g.Rank) + 3.0, (2 * g.Rank) + 4.0], equal);
            g.Reduce(values.AsSpan(), 2);
            Assert.Equal(g.Rank == 2 ? 6 : g.Rank, values[0]);
        });

        Assert.All(failures, Assert.Null);
        Assert.Equal(4, gpus.CallsOf("ncclReduceScatter"));
        Assert.Equal(20, gpus.CallsOf("ncclReduce"));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StartAllReduceOnDevice_MemoryOfTheGpu_IsReducedWhereItLies(bool inOrder)
    {
        using var gpus = new FakeGpus();
        Torch.EnsureLoaded();
        using var first = torch.full([1000], 1f);
        using var second = torch.full([1000], 2f);
        torch.Tensor[] tensors = [first, second];
        var memories = tensors.Select(t => new TensorMemory<float>(t)).ToArray();
        Array.ForEach(memories, m => gpus.TakeForDeviceMemory(m.Address, m.Memory.Length * sizeof(float)));
        var groups = gpus.Create(2, o => o.Deterministic = inOrder);

        var failures = LoopbackRanks.Run(groups, g => g.StartAllReduceOnDevice(memories[g.Rank].Memory, ReduceOperation.Sum, "gradients", 0).Wait());

        Assert.All(failures, Assert.Null);
        Assert.All(tensors, t => Assert.All(MemoryMarshal.Cast<byte, float>(t.bytes).ToArray(), v => Assert.Equal(3, v)));
        Assert.Equal(inOrder, gpus.CallsOf("cudaMemcpyAsync") > 0);
        Assert.True(gpus.CallsOf("cudaStreamWaitEvent") >= 2);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusFact]
    public async Task Dispose_AfterCalls_FreesTheMemoryOfBothSides()
    {
        using var gpus = new FakeGpus();
        var groups = gpus.Create(2);
        LoopbackRanks.Run(groups, g =>
        {
            g.AllReduce<float>(new float[10]);
            g.AllReduce<float>(new float[100_000]);
        });
        Assert.Equal(4, gpus.AreaCount);

        await LoopbackRanks.DisposeAsync(groups);

        Assert.Equal(0, gpus.AreaCount);
        Assert.Equal((2, 0), (gpus.CallsOf("ncclCommDestroy"), gpus.CallsOf("ncclCommAbort")));
    }

    [FakeGpusFact]
    public async Task Dispose_AfterAFailure_AbortsRatherThanWaits()
    {
        using var gpus = new FakeGpus();
        var groups = gpus.Create(2);
        groups[0].Abort("it has had enough");

        await LoopbackRanks.DisposeAsync(groups);

        Assert.Equal((0, 2), (gpus.CallsOf("ncclCommDestroy"), gpus.CallsOf("ncclCommAbort")));
    }
}
