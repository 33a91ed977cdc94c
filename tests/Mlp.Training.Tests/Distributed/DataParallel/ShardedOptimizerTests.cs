using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Replicas that keep a part of the optimizer's state each, against replicas that keep all of it: the same bits.</summary>
public sealed class ShardedOptimizerTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int, Action<NetworkOptions>> Variants => new()
    {
        { "AdamW, clipping", 3, o => o.Optimizer.ClipNorm = 0.05 },
        { "Adam, vectors do not decay", 2, o => (o.Optimizer.Kind, o.Optimizer.DecayBiasesAndNorms, o.WeightDecay) = (OptimizerKind.Adam, false, 0.1) },
        { "momentum, average", 4, o => (o.Optimizer.Kind, o.AverageDecay) = (OptimizerKind.Sgd, 0.9) },
        { "without state", 2, o => (o.Optimizer.Kind, o.Optimizer.Momentum) = (OptimizerKind.Sgd, 0) },
        { "float16, accumulation", 2, o => (o.Precision, o.Optimizer.AccumulationSteps) = (NetworkPrecision.Float16, 2) },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task FitAsync_ReplicasHere_EndWithTheBitsOfWholeOptimizers(string name, int replicas, Action<NetworkOptions> change)
    {
        var rows = SyntheticRows.Create(400, seed: 3);
        var options = Options(change);
        options.DataParallel.Replicas = replicas;
        var expected = await FitAsync(options, rows);
        options.DataParallel.ShardOptimizer = true;

        Assert.True(Distance(expected, await FitAsync(options, rows)) == 0, name);
    }

    [Theory]
    [InlineData(GradientCompression.None)]
    [InlineData(GradientCompression.Float16)]
    public async Task FitAsync_RanksConnectedAsProcessesAre_EndWithTheBitsOfWholeOptimizers(GradientCompression compression)
    {
        var rows = SyntheticRows.Create(300, seed: 3);
        var (whole, parts) = (new SortedDictionary<string, float[]>[3], new SortedDictionary<string, float[]>[3]);
        await using var worlds = LoopbackWorlds.With(o => o.Deterministic = true);
        foreach (var found in new[] { whole, parts })
        {
            worlds.Run(3, group => found[group.Rank] = FitAsync(
                Options(o => (o.DataParallel.Group, o.DataParallel.ShardOptimizer, o.DataParallel.Compression) = (group, found == parts, compression)), rows).GetAwaiter().GetResult());
        }

        Assert.All(parts, p => Assert.Equal(0, Distance(whole[0], p)));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task FitAsync_StoppedInTheMiddle_GoesOnShardedOrWholeWithTheSameBits(bool isShardedBefore, bool isShardedAfter)
    {
        var rows = SyntheticRows.Create(400, seed: 5);
        var options = Options(o => (o.DataParallel.Replicas, o.Dropout) = (3, 0.2));
        var expected = await FitAsync(options, rows);
        var folder = _folder.Combine("checkpoints");
        (options.Checkpoints.Directory, options.Checkpoints.EverySteps, options.ResumeFrom, options.DataParallel.ShardOptimizer) = (folder, 2, folder, isShardedBefore);
        options.Callbacks.Add(new FailAt(7));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => new NetworkTrainer(options).FitAsync(rows));
        options.Callbacks.Clear();
        options.DataParallel.ShardOptimizer = isShardedAfter;

        Assert.Equal(0, Distance(expected, await FitAsync(options, rows)));
    }

    [Fact]
    public void FlatOptimizer_OfAPart_KeepsTheStateOfThatPart()
    {
        using var network = LayeredNetwork.Build(new(Layer.Linear(100), Layer.Output()), 50, [], 1, seed: 1);
        using var parameters = new FlatParameters(network, decaysVectors: false);
        for (var rank = 0; rank < 4; rank++)
        {
            var shards = new OptimizerShards(new(rank, 4), parameters.Length);
            using var optimizer = FlatOptimizer.Create(parameters, new(), 0.01, isNative: false, shards.Mine);

            Assert.Equal(2, optimizer.State.Count);
            Assert.All(optimizer.State, s => Assert.Equal(shards.Counts[rank], s.Value.numel()));
            Assert.InRange(shards.Counts[rank], (parameters.Length / 4) - 64, (parameters.Length / 4) + 64);
        }
    }

    [Fact]
    public void NetworkTrainer_OneReplica_IsRefused()
    {
        var message = Assert.Throws<ArgumentException>(() => new NetworkTrainer(Options(o => o.DataParallel.ShardOptimizer = true))).Message;

        Assert.Contains("NetworkOptions.DataParallel.ShardOptimizer must be false for one replica, whose part is the whole.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void FitAsync_RanksThatDoNotAgree_SayWho()
        => ProcessGroup.RunInProcess(2, group =>
        {
            var options = Options(o => (o.DataParallel.Group, o.DataParallel.ShardOptimizer) = (group, group.Rank == 1));
            var error = Assert.ThrowsAsync<CollectiveMismatchException>(() => new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 5))).GetAwaiter().GetResult();

            Assert.Contains("rank 1 has DataParallel.ShardOptimizer true and rank 0 false", error.Message, StringComparison.Ordinal);
        });

    private static NetworkOptions Options(Action<NetworkOptions> change)
    {
        var options = new NetworkOptions { HiddenLayers = [24], BatchSize = 20, MaxEpochs = 3, Seed = 7, LearningRate = 0.005 };
        change(options);
        return options;
    }

    private sealed class FailAt(long step) : INetworkCallback
    {
        public void StepEnded(in NetworkStep ended, NetworkTrainingControl control)
        {
            if (ended.Step == step)
            {
                throw new InvalidTimeZoneException();
            }
        }
    }
}
