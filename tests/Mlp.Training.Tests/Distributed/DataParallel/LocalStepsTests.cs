using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Replicas that take steps by themselves and then the mean of their weights.</summary>
public sealed class LocalStepsTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FitAsync_SgdThatMeetsInEachStep_IsThatOfSummedGradients()
    {
        // The mean of weights after one step of SGD from the same weights is the step by the mean of the gradients; momentum is a mean too. Two replicas meet at the end of each epoch of one step.
        var rows = SyntheticRows.Create(120, seed: 3);
        void Change(NetworkOptions o) => (o.Optimizer.Kind, o.BatchSize, o.MaxEpochs, o.ValidationShare, o.BatchNorm, o.LearningRate) = (OptimizerKind.Sgd, 60, 20, 0, false, 0.05);
        var sums = Options(2, Change);
        var means = Options(2, o =>
        {
            Change(o);
            o.DataParallel.LocalSteps = 50;
        });

        using var expected = await new NetworkTrainer(sums).FitAsync(rows);
        using var found = await new NetworkTrainer(means).FitAsync(rows);

        Assert.Equal(20, found.Steps);
        Assert.InRange(Distance(WeightsOf(expected), WeightsOf(found)), 0, 1e-5);
        Assert.All(expected.History.Zip(found.History), h => Assert.Equal(h.First.TrainingLoss!.Value, h.Second.TrainingLoss!.Value, 1e-5));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FitAsync_FewMeans_LearnsAsWell(bool averagesState)
    {
        var rows = SyntheticRows.Create(900, seed: 3);
        using var each = await new NetworkTrainer(Options(3, o => o.MaxEpochs = 12)).FitAsync(rows);
        using var few = await new NetworkTrainer(Options(3, o => (o.MaxEpochs, o.DataParallel.LocalSteps, o.DataParallel.AverageOptimizerState) = (12, 5, averagesState))).FitAsync(rows);

        Assert.NotEqual(0, Distance(WeightsOf(each), WeightsOf(few)));
        Assert.Equal(each.History.Min(h => h.ValidationLoss!.Value), few.History.Min(h => h.ValidationLoss!.Value), 0.03);
    }

    [Fact]
    public async Task FitAsync_RanksConnectedAsProcessesAre_GiveTheBitsOfReplicasHere()
    {
        var rows = SyntheticRows.Create(300, seed: 3);
        var expected = await FitAsync(Options(3, o => o.DataParallel.LocalSteps = 4), rows);
        var found = new SortedDictionary<string, float[]>[3];
        await using var worlds = LoopbackWorlds.With(o => o.Deterministic = true);
        worlds.Run(3, group => found[group.Rank] = FitAsync(Options(1, o => (o.DataParallel.Group, o.DataParallel.LocalSteps) = (group, 4)), rows).GetAwaiter().GetResult());

        Assert.All(found, f => Assert.Equal(0, Distance(expected, f)));
    }

    [Fact]
    public async Task FitAsync_StoppedInTheMiddle_EndsWithTheSameBits()
    {
        var rows = SyntheticRows.Create(400, seed: 5);
        var options = Options(3, o => (o.DataParallel.LocalSteps, o.Dropout) = (2, 0.2));
        using var whole = await new NetworkTrainer(options).FitAsync(rows);
        var folder = _folder.Combine("checkpoints");
        (options.Checkpoints.Directory, options.Checkpoints.EverySteps, options.ResumeFrom) = (folder, 2, folder);
        options.Callbacks.Add(new At(9, _ => throw new InvalidTimeZoneException()));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => new NetworkTrainer(options).FitAsync(rows));
        options.Callbacks.Clear();

        using var resumed = await new NetworkTrainer(options).FitAsync(rows);

        Assert.Equal(0, Distance(WeightsOf(whole), WeightsOf(resumed)));
        Assert.Equal(whole.History.Select(h => h with { Elapsed = default, Replicas = null }), resumed.History.Select(h => h with { Elapsed = default, Replicas = null }));
    }

    [Fact]
    public void FitAsync_StoppedBetweenMeans_AllHaveTheSameWeights()
    {
        var (rows, found) = (SyntheticRows.Create(400, seed: 5), new SortedDictionary<string, float[]>[3]);
        ProcessGroup.RunInProcess(3, group =>
        {
            var options = Options(1, o => (o.DataParallel.Group, o.DataParallel.LocalSteps) = (group, 100));
            options.Callbacks.Add(new At(3, control => control.Stop()));
            found[group.Rank] = FitAsync(options, rows).GetAwaiter().GetResult();
        });

        Assert.All(found, f => Assert.Equal(0, Distance(found[0], f)));
    }

    public static TheoryData<Action<NetworkOptions>, string> Refused => new()
    {
        { o => o.DataParallel.Replicas = 1, "NetworkOptions.DataParallel.LocalSteps must be 1 for one replica, which has nobody to take a mean with, but is 4." },
        { o => o.DataParallel.ShardOptimizer = true, "NetworkOptions.DataParallel.LocalSteps must be 1 with ShardOptimizer, which needs all replicas in each step, but is 4." },
        { o => o.DataParallel.SyncBatchNorm = true, "NetworkOptions.DataParallel.LocalSteps must be 1 with SyncBatchNorm, which needs all replicas in each step, but is 4." },
        { o => o.DataParallel.BucketTuning.IsEnabled = true, "NetworkOptions.DataParallel.LocalSteps must be 1 with BucketTuning.IsEnabled, which needs all replicas in each step, but is 4." },
        { o => o.Precision = NetworkPrecision.Float16, "NetworkOptions.DataParallel.LocalSteps must be 1 with Precision Float16, whose loss scale all replicas decide in each step, but is 4." },
        { o => o.AverageDecay = 0.9, "NetworkOptions.DataParallel.LocalSteps must be 1 with AverageDecay, whose average needs the weights of each step, but is 4." },
        { o => o.Checkpoints.EverySteps = 6, "NetworkOptions.Checkpoints.EverySteps must be a multiple of LocalSteps, 4, between which replicas have weights of their own, but is 6." },
        {
            o => (o.DataParallel.AverageOptimizerState, o.Checkpoints.Directory) = (false, "checkpoints"),
            "NetworkOptions.Checkpoints.Directory must be null without AverageOptimizerState: a checkpoint holds one state of the optimizer, and each replica has its own."
        },
        { o => o.DataParallel.LocalSteps = 0, "NetworkOptions.DataParallel.LocalSteps must be between 1 and 10000, but is 0." },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void NetworkTrainer_WhatDoesNotGoTogether_IsRefused(Action<NetworkOptions> change, string sentence)
    {
        var options = Options(3, o => o.DataParallel.LocalSteps = 4);
        change(options);

        Assert.Contains(sentence, Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message, StringComparison.Ordinal);
    }

    private static NetworkOptions Options(int replicas, Action<NetworkOptions> change)
    {
        var options = new NetworkOptions { HiddenLayers = [16], BatchSize = 20, MaxEpochs = 3, Seed = 7, LearningRate = 0.005, Dropout = 0 };
        options.DataParallel.Replicas = replicas;
        change(options);
        return options;
    }

    private sealed class At(long step, Action<NetworkTrainingControl> act) : INetworkCallback
    {
        public void StepEnded(in NetworkStep ended, NetworkTrainingControl control)
        {
            if (ended.Step == step)
            {
                act(control);
            }
        }
    }
}
