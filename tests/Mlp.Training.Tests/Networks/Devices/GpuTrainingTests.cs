using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Networks.Devices;

/// <summary>What only GPUs can show: that training there ends where training on the processor does. No machine with a GPU has run these so far.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuTrainingTests
{
    // GPUs add up in another order, and by default in TF32 where they can.
    private const double Tolerance = 5e-2;

    [GpuFact]
    public Task FitAsync_OnAGpu_AgreesWithTheProcessor() => AgreeAsync(o => o.Device = "cuda");

    [GpuFact]
    public Task FitAsync_InBFloat16OnAGpu_AgreesWithTheProcessor() => AgreeAsync(o => (o.Device, o.Precision) = ("cuda:0", NetworkPrecision.BFloat16));

    [GpuFact(2)]
    public Task FitAsync_AReplicaOnEachOfTwoGpus_AgreesWithTheProcessor() => AgreeAsync(o => (o.Device, o.DataParallel.Replicas, o.BatchSize) = ("cuda", 2, 32));

    [GpuFact]
    public async Task CreateOnGpus_AllThatAreVisible_AddUp()
    {
        var groups = ProcessGroup.CreateOnGpus();
        var failures = LoopbackRanks.Run(groups, g =>
        {
            var values = new float[100_000];
            values.AsSpan().Fill(g.Rank + 1);
            g.AllReduce<float>(values);
            Assert.All(values, v => Assert.Equal(g.WorldSize * (g.WorldSize + 1) / 2, v));
        });

        Assert.All(failures, Assert.Null);
        await LoopbackRanks.DisposeAsync(groups);
    }

    private static async Task AgreeAsync(Action<NetworkOptions> change)
    {
        var rows = SyntheticRows.Create(640, seed: 3);
        var (processor, gpu) = (Options(), Options());
        change(gpu);

        using var expected = await new NetworkTrainer(processor).FitAsync(rows);
        using var found = await new NetworkTrainer(gpu).FitAsync(rows);

        var (left, right) = (expected.History[^1].TrainingLoss!.Value, found.History[^1].TrainingLoss!.Value);
        Assert.True(Math.Abs(left - right) < Tolerance, $"{left} and {right}");
        Assert.True(Distance(WeightsOf(expected), WeightsOf(found)) < 10 * Tolerance);
    }

    private static NetworkOptions Options() => new() { BatchSize = 64, MaxEpochs = 5, Dropout = 0, ValidationShare = 0, HiddenLayers = [16, 8] };
}
