using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel.Compression;

/// <summary>Trainings whose gradients travel in 16 bits, through the trainer.</summary>
public sealed class CompressedTrainingTests : IDisposable
{
    private const int Ranks = 3;
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(GradientCompression.Float16, true)]
    [InlineData(GradientCompression.Float16, false)]
    [InlineData(GradientCompression.BFloat16, true)]
    [InlineData(GradientCompression.TopK, true)]
    public async Task FitAsync_ConvergesAsWithoutCompression(GradientCompression compression, bool keepsErrors)
    {
        var rows = SyntheticRows.Create(900, seed: 3);
        var losses = new double[2];
        foreach (var (i, kind) in new[] { GradientCompression.None, compression }.Index())
        {
            var weights = new SortedDictionary<string, float[]>[Ranks];
            ProcessGroup.RunInProcess(Ranks, group =>
            {
                using var network = new NetworkTrainer(Options(group, kind, o =>
                {
                    (o.MaxEpochs, o.DataParallel.ErrorFeedback) = (12, keepsErrors || kind == GradientCompression.None);
                    o.DataParallel.TopKShare = kind == GradientCompression.TopK ? 0.1 : 0.01;
                })).FitAsync(rows).GetAwaiter().GetResult();
                weights[group.Rank] = WeightsOf(network);
                losses[i] = network.History.Min(h => h.ValidationLoss!.Value);
            });
            Assert.All(weights, w => Assert.Equal(0, Distance(weights[0], w)));
        }

        Assert.NotEqual(losses[0], losses[1]);
        Assert.Equal(losses[0], losses[1], compression == GradientCompression.TopK ? 0.05 : 0.01);
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData(GradientCompression.Float16)]
    [InlineData(GradientCompression.BFloat16)]
    public async Task FitAsync_RanksConnectedAsProcessesAre_GiveTheBitsOfThreadsWithAndWithoutOverlap(GradientCompression compression)
    {
        var rows = SyntheticRows.Create(300, seed: 3);
        var (expected, found) = (Fit(rows, compression, o => o.DataParallel.Overlap = false), new SortedDictionary<string, float[]>[Ranks]);
        await using var worlds = LoopbackWorlds.With(o => o.Deterministic = true);
        worlds.Run(Ranks, group => found[group.Rank] = FitAsync(Options(group, compression, o => o.DataParallel.BucketBytes = 4096), rows).GetAwaiter().GetResult());

        Assert.All(found, f => Assert.Equal(0, Distance(expected, f)));
    }

    [Theory]
    [InlineData(GradientCompression.Float16, NetworkPrecision.Float32)]
    [InlineData(GradientCompression.Float16, NetworkPrecision.Float16)]
    [InlineData(GradientCompression.BFloat16, NetworkPrecision.Float32)]
    [InlineData(GradientCompression.TopK, NetworkPrecision.Float16)]
    public void FitAsync_StoppedInTheMiddle_EndsWithTheSameBits(GradientCompression compression, NetworkPrecision precision)
    {
        var rows = SyntheticRows.Create(300, seed: 5);
        void Change(NetworkOptions options) => (options.Precision, options.Dropout) = (precision, 0.2);
        var expected = Fit(rows, compression, Change);
        var found = new SortedDictionary<string, float[]>[Ranks];
        for (var part = 0; part < 2; part++)
        {
            var isFirst = part == 0;
            ProcessGroup.RunInProcess(Ranks, group =>
            {
                var options = Options(group, compression, Change);
                (options.Checkpoints.EverySteps, options.Checkpoints.Directory, options.ResumeFrom) = group.Rank == 0 ? (2, _folder.Combine("a"), _folder.Combine("a")) : (2, null, null);
                if (isFirst)
                {
                    options.Callbacks.Add(new FailAt(7));
                    Assert.ThrowsAsync<InvalidTimeZoneException>(() => new NetworkTrainer(options).FitAsync(rows)).GetAwaiter().GetResult();
                    return;
                }

                found[group.Rank] = FitAsync(options, rows).GetAwaiter().GetResult();
            });
        }

        Assert.All(found, f => Assert.Equal(0, Distance(expected, f)));
    }

    [Fact]
    public void NetworkTrainer_ReplicasHere_AreRefused()
    {
        var options = new NetworkOptions();
        (options.DataParallel.Replicas, options.DataParallel.Compression) = (2, GradientCompression.Float16);

        var message = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message;

        Assert.Contains(
            "NetworkOptions.DataParallel.Compression must be None for replicas in this process, whose gradients do not travel, but is Float16.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void NetworkTrainer_WhatDoesNotGoWithTopK_IsRefused()
        => ProcessGroup.RunInProcess(1, group =>
        {
            var options = Options(group, GradientCompression.TopK, o => (o.DataParallel.ErrorFeedback, o.DataParallel.BucketTuning.IsEnabled) = (false, true));
            var message = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message;

            Assert.Contains("NetworkOptions.DataParallel.ErrorFeedback must be true with Compression TopK:", message, StringComparison.Ordinal);
            Assert.Contains("NetworkOptions.DataParallel.BucketTuning.IsEnabled must be false with Compression TopK,", message, StringComparison.Ordinal);
        });

    [Fact]
    public void FitAsync_RanksWithOtherCompression_SayWhich()
        => ProcessGroup.RunInProcess(2, group =>
        {
            var options = Options(group, group.Rank == 0 ? GradientCompression.Float16 : GradientCompression.BFloat16, _ => { });
            var error = Assert.ThrowsAsync<CollectiveMismatchException>(() => new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 5))).GetAwaiter().GetResult();

            Assert.Contains("rank 1 has DataParallel.Compression BFloat16 and rank 0 Float16", error.Message, StringComparison.Ordinal);
        });

    private static SortedDictionary<string, float[]> Fit(ITrainingSet rows, GradientCompression compression, Action<NetworkOptions> change)
    {
        var found = new SortedDictionary<string, float[]>[Ranks];
        ProcessGroup.RunInProcess(Ranks, group => found[group.Rank] = FitAsync(Options(group, compression, change), rows).GetAwaiter().GetResult());
        Assert.All(found, f => Assert.Equal(0, Distance(found[0], f)));
        return found[0];
    }

    private static NetworkOptions Options(ProcessGroup group, GradientCompression compression, Action<NetworkOptions> change)
    {
        var options = new NetworkOptions { HiddenLayers = [16], BatchSize = 20, MaxEpochs = 3, Seed = 7, LearningRate = 0.005 };
        (options.DataParallel.Group, options.DataParallel.Compression) = (group, compression);
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
