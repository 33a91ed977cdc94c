using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Checkpoints;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Replicas that go on from a checkpoint end with the bits that they would have ended with, each with its own statistics and random numbers.</summary>
public sealed class ReplicaResumeTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, Action<NetworkOptions>> Variants => new()
    {
        { "defaults", _ => { } },
        { "average and shared statistics", o => (o.AverageDecay, o.DataParallel.SyncBatchNorm) = (0.9, true) },
        { "average without validation, accumulation", o => (o.AverageDecay, o.ValidationShare, o.Optimizer.AccumulationSteps) = (0.9, 0, 2) },
        { "float16", o => o.Precision = NetworkPrecision.Float16 },
        { "stream", o => (o.Stream.IsEnabled, o.Stream.BufferRows, o.Stream.SampleRows) = (true, 90, 150) },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task FitAsync_StoppedAtAnyStep_EndsWithTheSameBits(string name, Action<NetworkOptions> change)
    {
        var rows = SyntheticRows.Create(400, seed: 5);
        using var whole = await new NetworkTrainer(Options(change)).FitAsync(rows);
        for (var round = 1; round <= 2; round++)
        {
            var options = Options(change);
            var folder = _folder.Combine($"{round}");
            (options.Checkpoints.Directory, options.Checkpoints.EverySteps, options.ResumeFrom) = (folder, 2, folder);
            options.Callbacks.Add(new FailAt(round * 3));
            await Assert.ThrowsAsync<InvalidTimeZoneException>(() => new NetworkTrainer(options).FitAsync(rows));
            options.Callbacks.Clear();

            using var resumed = await new NetworkTrainer(options).FitAsync(rows);

            Assert.True(Distance(WeightsOf(whole), WeightsOf(resumed)) == 0, $"{name}, round {round}");
            Assert.Equal(whole.History.Select(h => h with { Elapsed = default, Replicas = null }), resumed.History.Select(h => h with { Elapsed = default, Replicas = null }));
        }
    }

    [Fact]
    public async Task FitAsync_CheckpointOfOtherReplicas_IsRefused()
    {
        var rows = SyntheticRows.Create(400, seed: 5);
        var options = Options(_ => { });
        options.Checkpoints.Directory = _folder.Combine("checkpoints");
        using var first = await new NetworkTrainer(options).FitAsync(rows);
        (options.DataParallel.Replicas, options.ResumeFrom) = (2, options.Checkpoints.Directory);

        var error = await Assert.ThrowsAsync<CheckpointRefusedException>(() => new NetworkTrainer(options).FitAsync(rows));

        Assert.Contains("DataParallel.WorldSize is 2 and the checkpoint's 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_RanksOfAGroup_OnlyTheFirstReadsAndWrites()
    {
        var rows = SyntheticRows.Create(400, seed: 5);
        var expected = await FitAsync(Options(_ => { }), rows);
        var weights = new SortedDictionary<string, float[]>[3];
        for (var part = 0; part < 2; part++)
        {
            var isFirstPart = part == 0;
            ProcessGroup.RunInProcess(3, group =>
            {
                // Rank 0 alone has a folder that is there.
                var options = Options(o => (o.DataParallel.Replicas, o.DataParallel.Group) = (1, group));
                (options.Checkpoints.Directory, options.Checkpoints.EverySteps) = (group.Rank == 0 ? _folder.Combine("first") : null, 2);
                options.ResumeFrom = group.Rank == 0 ? _folder.Combine("first") : null;
                if (isFirstPart)
                {
                    options.Callbacks.Add(new FailAt(7));
                    Assert.ThrowsAsync<InvalidTimeZoneException>(() => new NetworkTrainer(options).FitAsync(rows)).GetAwaiter().GetResult();
                    return;
                }

                weights[group.Rank] = FitAsync(options, rows).GetAwaiter().GetResult();
            });
        }

        Assert.All(weights, w => Assert.Equal(0, Distance(expected, w)));
        Assert.Equal(["first"], Directory.GetDirectories(_folder.FullName).Select(Path.GetFileName));
    }

    private static NetworkOptions Options(Action<NetworkOptions> change)
    {
        var options = new NetworkOptions { HiddenLayers = [16], BatchSize = 20, MaxEpochs = 3, Seed = 7, LearningRate = 0.005, Dropout = 0.2 };
        options.DataParallel.Replicas = 3;
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
