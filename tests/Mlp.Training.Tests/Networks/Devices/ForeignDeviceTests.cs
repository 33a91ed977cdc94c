using Mlp.TestSupport;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;
using Mlp.Training.Tests.Distributed.Collectives.Nccl;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Networks.Devices;

/// <summary>
/// The way that training takes on a GPU, walked on the processor: weights that are moved, batches that are copied, arithmetic by libtorch, and states that are fetched. It ends where the usual way ends.
/// </summary>
public sealed class ForeignDeviceTests
{
    private const double Tolerance = 2e-6;

    public static TheoryData<string, Action<NetworkOptions>> Settings => new()
    {
        { "defaults", o => o.Dropout = 0.2 },
        { "momentum", o => (o.Optimizer.Kind, o.Optimizer.Momentum, o.LearningRate) = (OptimizerKind.Sgd, 0.9, 0.05) },

        // Without BatchNorm, before which biases have gradients of rounding errors alone, and Adam makes steps of any size out of those.
        { "accumulation and clipping", o => (o.BatchNorm, o.Optimizer.AccumulationSteps, o.Optimizer.ClipNorm, o.Optimizer.ClipValue) = (false, 3, 0.05, 0.03) },
        { "average and validation", o => (o.AverageDecay, o.ValidationShare, o.StopMetric) = (0.9, 0.3, ValidationMetric.Auc) },
        { "ids", o => o.Preprocessing.For("company").Category = CategoryKind.Id },
        { "weights of classes", o => o.Loss.BalanceClasses = true },
        { "float16", o => o.Precision = NetworkPrecision.Float16 },
        { "two replicas", o => o.DataParallel.Replicas = 2 },
        { "two replicas, batch statistics of all", o => (o.DataParallel.Replicas, o.DataParallel.SyncBatchNorm) = (2, true) },
        { "two replicas without overlap, small buckets", o => (o.DataParallel.Replicas, o.DataParallel.Overlap, o.DataParallel.FirstBucketBytes, o.DataParallel.BucketBytes) = (2, false, 4096, 4096) },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task FitAsync_AnySetting_EndsWhereTheUsualWayEnds(string name, Action<NetworkOptions> change)
    {
        var rows = SyntheticRows.Create(437, seed: 3);
        var (usual, foreign) = (Options(), Options());
        change(usual);
        change(foreign);
        foreign.TreatsHostAsForeign = true;

        using var expected = await new NetworkTrainer(usual).FitAsync(rows);
        using var found = await new NetworkTrainer(foreign).FitAsync(rows);

        Assert.True(Distance(WeightsOf(expected), WeightsOf(found)) < Tolerance, $"{name}: {Distance(WeightsOf(expected), WeightsOf(found))}");
        Assert.Equal((expected.Steps, expected.BestEpoch, expected.History.Count), (found.Steps, found.BestEpoch, found.History.Count));
        Assert.All(expected.History.Zip(found.History), e =>
        {
            Assert.Equal(e.First.TrainingLoss!.Value, e.Second.TrainingLoss!.Value, 1e-5);
            Assert.Equal(e.First.ValidationMetric ?? 0, e.Second.ValidationMetric ?? 0, 1e-5);
        });
    }

    [Fact]
    public async Task ResumeFrom_CheckpointOfTheForeignWay_GoesOnTheUsualWay()
    {
        using var folder = new TempDirectory();
        var rows = SyntheticRows.Create(300, seed: 4);
        var whole = Options();
        var expected = await FitAsync(whole, rows);
        var first = Options();
        (first.Checkpoints.Directory, first.Checkpoints.EveryEpochs, first.TreatsHostAsForeign) = (folder.Combine("a"), 1, true);
        using var stop = new CancellationTokenSource();
        first.Callbacks.Add(new StopAfter(2, stop));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new NetworkTrainer(first).FitAsync(rows, cancellationToken: stop.Token));

        var rest = Options();
        rest.ResumeFrom = folder.Combine("a");
        var resumed = await FitAsync(rest, rows);

        Assert.True(Distance(expected, resumed) < Tolerance, $"{Distance(expected, resumed)}");
    }

    [FakeGpusFact]
    public async Task FitAsync_AGroupOfGpus_GradientsTravelByNccl()
    {
        using var gpus = new FakeGpus();
        var rows = SyntheticRows.Create(300, seed: 5);
        var usual = Options();
        usual.DataParallel.Replicas = 2;
        var expected = await FitAsync(usual, rows);
        var groups = gpus.Create(2);
        var found = new SortedDictionary<string, float[]>[2];

        var failures = LoopbackRanks.Run(groups, group =>
        {
            var options = Options();
            (options.DataParallel.Group, options.TreatsHostAsForeign) = (group, true);
            found[group.Rank] = FitAsync(options, rows).GetAwaiter().GetResult();
        });

        Assert.All(failures, Assert.Null);
        Assert.All(found, f => Assert.True(Distance(expected, f) < Tolerance, $"{Distance(expected, f)}"));
        Assert.True(gpus.CallsOf("ncclAllReduce") > 2 * Options().MaxEpochs);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [CpuBuildFact]
    public async Task FitAsync_AGpuThatLibtorchCannotUse_SaysWhatIsMissing()
    {
        var options = Options();
        options.Device = "cuda";

        var failure = await Assert.ThrowsAsync<GpuUnavailableException>(() => new NetworkTrainer(options).FitAsync(SyntheticRows.Create(100, seed: 1)));

        Assert.StartsWith("Expected device 'cuda', but libtorch here has no CUDA", failure.Message, StringComparison.Ordinal);
    }

    [CpuBuildFact]
    public async Task FitAsync_AutoWithoutAGpu_TrainsOnTheProcessor()
    {
        var rows = SyntheticRows.Create(200, seed: 1);
        var (cpu, auto) = (Options(), Options());
        (auto.Device, auto.DataParallel.ReplicaPerGpu) = ("auto", true);

        Assert.Equal(0, Distance(await FitAsync(cpu, rows), await FitAsync(auto, rows)));
    }

    private static NetworkOptions Options() => new() { BatchSize = 40, MaxEpochs = 4, Dropout = 0, ValidationShare = 0, HiddenLayers = [16, 8], Seed = 7 };

    private sealed class StopAfter(int epoch, CancellationTokenSource stop) : INetworkCallback
    {
        public void EpochBegun(int begun, NetworkTrainingControl control)
        {
            if (begun > epoch)
            {
                stop.Cancel();
            }
        }
    }
}
