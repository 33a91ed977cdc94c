using Mlp.Runtime.Data;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>What ends one replica ends all, with the cause.</summary>
public sealed class ReplicaFailureTests
{
    private static readonly ArrowTrainingSet Set = SyntheticRows.Create(400, seed: 3);

    [Fact]
    public async Task FitAsync_CallbackThrows_ReachesTheCaller()
    {
        var options = Options(3);
        options.Callbacks.Add(new At(4, _ => throw new InvalidTimeZoneException()));

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => new NetworkTrainer(options).FitAsync(Set));
    }

    [Fact]
    public async Task FitAsync_CallbackStops_AllStopAfterTheSameStep()
    {
        var options = Options(3);
        options.Callbacks.Add(new At(4, control => control.Stop()));
        using var network = await new NetworkTrainer(options).FitAsync(Set);

        Assert.Equal(4, network.Steps);
        Assert.Single(network.History);
    }

    [Fact]
    public async Task FitAsync_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();
        var options = Options(3);
        options.Callbacks.Add(new At(4, _ => source.Cancel()));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new NetworkTrainer(options).FitAsync(Set, cancellationToken: source.Token));
    }

    [Fact]
    public async Task FitAsync_OneReplicaLeavesTheNumbers_SaysWhere()
    {
        var (count, options) = (new int[1], Options(3));
        (options.HiddenLayers, options.Definition) = (null, new(Layer.Linear(8), Layer.UserModule("Faulty", () => new FaultyModule(count, 8, x => x.mul(1e30f).mul(1e30f))), Layer.Output()));

        var error = await Assert.ThrowsAsync<TrainingDivergedException>(() => new NetworkTrainer(options).FitAsync(Set));

        Assert.Equal(3, error.Step);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FitAsync_OneReplicaStalls_EndsAndNamesIt(bool inCallback)
    {
        using var release = new ManualResetEventSlim();
        using var back = new ManualResetEventSlim();
        var (count, rank, options) = (new int[1], -1, Options(3));
        (options.HiddenLayers, options.DataParallel.Timeout) = (null, TimeSpan.FromSeconds(6));
        options.Definition = new(Layer.Linear(8), Layer.UserModule("Stalling", () => new FaultyModule(count, inCallback ? 0 : 8, x => Stall(x.mul(1)))), Layer.Output());
        options.Callbacks.Add(new At(4, control => _ = inCallback ? Stall(control) : control));

        var error = await Assert.ThrowsAsync<CollectiveTimeoutException>(() => new NetworkTrainer(options).FitAsync(Set));
        release.Set();
        back.Wait();

        Assert.Contains(rank, error.Ranks);
        Assert.Contains($"rank{(error.Ranks.Count == 1 ? "" : "s")} {error.Ranks[0]}", error.Message, StringComparison.Ordinal);

        T Stall<T>(T what)
        {
            rank = int.Parse(Thread.CurrentThread.Name!.Split('-')[^1], System.Globalization.CultureInfo.InvariantCulture);
            release.Wait();
            back.Set();
            return what;
        }
    }

    [Fact]
    public async Task FitAsync_TooFewRows_SaysHowMany()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => new NetworkTrainer(Options(8)).FitAsync(SyntheticRows.Create(19, seed: 3)));

        Assert.Equal("Expected at least two training rows for each of 8 replicas, so that each has some in every step, but there are 15.", error.Message);
    }

    public static TheoryData<Action<NetworkOptions>> SharedOut => new()
    {
        o => o.DataParallel.ShardOptimizer = true,
        o => o.DataParallel.LocalSteps = 4,
        o => o.DataParallel.BucketTuning.IsEnabled = true,
        o => o.DataParallel.SyncBatchNorm = true,
    };

    [Theory]
    [MemberData(nameof(SharedOut))]
    public async Task FitAsync_GroupOfOneRank_TakesSettingsOfReplicasAndTrainsAsWithout(Action<NetworkOptions> change)
    {
        void Configure(NetworkOptions options) => (options.BatchNorm, options.EarlyStoppingPatience) = (true, 3);
        var alone = Options(1);
        Configure(alone);
        var expected = await FitAsync(alone, Set);
        ProcessGroup.RunInProcess(1, group =>
        {
            var options = Options(1);
            Configure(options);
            options.DataParallel.Group = group;
            change(options);

            Assert.Equal(0, Distance(expected, FitAsync(options, Set).GetAwaiter().GetResult()));
        });
    }

    [Fact]
    public async Task NetworkTrainer_SettingOfOneRankIsRefused_TheOthersHearOfItAtOnce()
    {
        var places = ProcessGroup.CreateInProcess(2, new() { Timeout = TimeSpan.FromHours(1) });
        var options = Options(1);
        options.DataParallel.Group = places[0];
        var training = Task.Run(() => new NetworkTrainer(options).FitAsync(Set));
        var other = Options(1);
        (other.DataParallel.Group, other.BatchSize) = (places[1], 0);

        var refusal = Assert.Throws<ArgumentException>(() => new NetworkTrainer(other));
        var told = await Assert.ThrowsAsync<RankLostException>(() => training.WaitAsync(TimeSpan.FromMinutes(2)));

        Assert.Equal([1], told.Ranks);
        Assert.Contains("NetworkOptions.BatchSize", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("NetworkOptions.BatchSize", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NetworkTrainer_OptionsThatDoNotFit_SaysWhich()
    {
        var options = Options(2);
        options.DataParallel.BucketBytes = 4;
        var bucket = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message;
        (options.DataParallel.BucketBytes, options.DataParallel.Group) = (4096, ProcessGroup.CreateInProcess(2)[0]);
        var group = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message;
        (options.DataParallel.Group, options.DataParallel.Replicas, options.DataParallel.SyncBatchNorm) = (null, 1, true);
        var alone = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message;

        Assert.Contains("NetworkOptions.DataParallel.BucketBytes must be between 4096 and 1073741824, but is 4.", bucket, StringComparison.Ordinal);
        Assert.Contains("NetworkOptions.DataParallel.Replicas must be 1 beside a Group, whose 2 ranks are the replicas, but is 2.", group, StringComparison.Ordinal);
        Assert.Contains("NetworkOptions.DataParallel.SyncBatchNorm must be false for one replica, whose batch is the whole one.", alone, StringComparison.Ordinal);
    }

    public static TheoryData<Action<NetworkOptions>, string> WithoutEffect => new()
    {
        { o => (o.DataParallel.Replicas, o.DataParallel.BucketTuning.IsEnabled) = (1, true), "BucketTuning.IsEnabled must be false for one replica, whose gradients do not travel." },
        { o => o.DataParallel.ErrorFeedback = false, "ErrorFeedback must be true without Compression, where nothing is rounded." },
        { o => o.DataParallel.TopKShare = 0.1, "TopKShare must be 0.01 with Compression None, which lets all gradients travel, but is 0.1." },
        { o => o.DataParallel.AverageOptimizerState = false, "AverageOptimizerState must be true where LocalSteps is 1, so that all replicas have the same state." },
        { o => (o.DataParallel.SyncBatchNorm, o.BatchNorm) = (true, false), "SyncBatchNorm must be false for a network without a layer BatchNorm, but is true." },
        { o => (o.DataParallel.SyncBatchNorm, o.HiddenLayers, o.Definition) = (true, null, new(Layer.Linear(8), Layer.Output())), "SyncBatchNorm must be false for a network without a layer BatchNorm, but is true." },
    };

    [Theory]
    [MemberData(nameof(WithoutEffect))]
    public void NetworkTrainer_SettingWithoutEffect_IsRefused(Action<NetworkOptions> change, string sentence)
    {
        var options = Options(3);
        change(options);

        Assert.Contains($"NetworkOptions.DataParallel.{sentence}", Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_Group_GivesEachRankWhatReplicasHereGive()
    {
        var expected = await FitAsync(Options(3), Set);
        var (found, told) = (new SortedDictionary<string, float[]>[3], new int[3]);

        OnRanks(3, (group, options) =>
        {
            options.Callbacks.Add(new At(2, _ => told[group.Rank]++));
            found[group.Rank] = FitAsync(options, Set).GetAwaiter().GetResult();
        });

        Assert.All(found, f => Assert.Equal(0, Distance(expected, f)));
        Assert.Equal([1, 1, 1], told);
    }

    [Fact]
    public void FitAsync_GroupOfOneRank_TrainsAlone()
        => OnRanks(1, (_, options) => Assert.Equal(0, Distance(FitAsync(Options(1), Set).GetAwaiter().GetResult(), FitAsync(options, Set).GetAwaiter().GetResult())));

    [Fact]
    public void FitAsync_RanksWithOtherSettingsOrRows_AllSayWhichAndWhat()
    {
        var messages = new string[3];

        OnRanks(3, (group, options) =>
        {
            (options.LearningRate, options.DataParallel.BucketBytes) = group.Rank == 1 ? (0.5, 5000) : (0.005, 4 << 20);
            var set = group.Rank == 2 ? SyntheticRows.Create(400, seed: 4) : Set;
            var error = Assert.ThrowsAsync<CollectiveMismatchException>(() => new NetworkTrainer(options).FitAsync(set)).GetAwaiter().GetResult();
            messages[group.Rank] = error.Message;
            Assert.Null(group.Failure);
            Assert.Equal([1, 2], error.Ranks);
        });

        Assert.All(messages, m => Assert.Equal(messages[0], m));
        Assert.StartsWith(
            "Expected all 3 ranks of group 'world' to train the same, but rank 1 has LearningRate 0.5 and rank 0 0.005; rank 1 has DataParallel.BucketBytes 5000 and rank 0 4194304; rank 2 has training rows ",
            messages[0],
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "rank 1 has DataParallel.SyncBatchNorm true and rank 0 false.")]
    [InlineData(false, "rank 1 has number of rows 300 and rank 0 400; rank 1 has training rows ")]
    public void FitAsync_OneRankSharesStatisticsOrHasFewerRows_AllSaySo(bool shares, string sentence)
    {
        OnRanks(2, (group, options) =>
        {
            options.DataParallel.SyncBatchNorm = shares && group.Rank == 1;
            var set = !shares && group.Rank == 1 ? SyntheticRows.Create(300, seed: 3) : Set;
            var error = Assert.ThrowsAsync<CollectiveMismatchException>(() => new NetworkTrainer(options).FitAsync(set)).GetAwaiter().GetResult();

            Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
            Assert.Equal([1], error.Ranks);
        });
    }

    [Fact]
    public void FitAsync_OneRankFails_TheOthersNameItAndTheCause()
    {
        OnRanks(3, (group, options) =>
        {
            if (group.Rank == 1)
            {
                options.Callbacks.Add(new At(3, _ => throw new InvalidTimeZoneException("The disk is full.")));
            }

            Task Fit() => new NetworkTrainer(options).FitAsync(Set);
            if (group.Rank == 1)
            {
                Assert.ThrowsAsync<InvalidTimeZoneException>(Fit).GetAwaiter().GetResult();
                return;
            }

            var error = Assert.ThrowsAsync<RankLostException>(Fit).GetAwaiter().GetResult();
            Assert.Equal([1], error.Ranks);
            Assert.Contains("its training ended: The disk is full.", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void FitAsync_OneRankCannotRead_TheOthersDoNotWait()
    {
        OnRanks(2, (group, options) =>
        {
            Task Fit() => new NetworkTrainer(options).FitAsync(group.Rank == 1 ? SyntheticRows.Create(5, seed: 3) : Set);
            var error = group.Rank == 1
                ? (Exception)Assert.ThrowsAsync<TrainingDataException>(Fit).GetAwaiter().GetResult()
                : Assert.ThrowsAsync<RankLostException>(Fit).GetAwaiter().GetResult();
            Assert.Contains("Expected both classes in label", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void FitAsync_OneRankIsCancelled_TheOthersNameIt()
    {
        OnRanks(3, (group, options) =>
        {
            using var source = new CancellationTokenSource();
            options.Callbacks.Add(new At(3, _ => source.Cancel()));
            Task Fit() => new NetworkTrainer(options).FitAsync(Set, cancellationToken: group.Rank == 2 ? source.Token : default);
            if (group.Rank == 2)
            {
                Assert.ThrowsAnyAsync<OperationCanceledException>(Fit).GetAwaiter().GetResult();
                return;
            }

            Assert.Equal([2], Assert.ThrowsAsync<RankLostException>(Fit).GetAwaiter().GetResult().Ranks);
        });
    }

    private static void OnRanks(int count, Action<ProcessGroup, NetworkOptions> program)
        => ProcessGroup.RunInProcess(count, group =>
        {
            var options = Options(1);
            options.DataParallel.Group = group;
            program(group, options);
        });

    private static NetworkOptions Options(int replicas)
    {
        var options = new NetworkOptions { HiddenLayers = [16], BatchSize = 20, MaxEpochs = 3, Seed = 7, LearningRate = 0.005 };
        options.DataParallel.Replicas = replicas;
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
