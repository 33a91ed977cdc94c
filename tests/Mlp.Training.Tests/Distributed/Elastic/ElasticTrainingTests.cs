using Mlp.TestSupport;
using Mlp.Training.Distributed.Elastic;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.Elastic;

/// <summary>Members of an elastic group train; some fail, stall or come later.</summary>
public sealed class ElasticTrainingTests
{
    private const int RowCount = 240;

    [Fact]
    public async Task FitAsync_NothingHappens_GivesTheBitsOfReplicas()
    {
        var team = Run(3, (_, _) => { });
        var options = ElasticTeam.Options();
        options.Definition = new(new RowRecorder().Layer(), Layer.Linear(8), Layer.Relu(), Layer.Output());
        options.DataParallel.Replicas = 3;
        var expected = await FitAsync(options, ElasticTeam.Rows(RowCount));

        Assert.All(team.Weights, w => Assert.Equal(0, Distance(expected, w!)));
        team.AssertRows(RowCount, 4);
        Assert.All(team.Recorders, r => Assert.Empty(r.Changes));
    }

    [Theory]
    [InlineData("2@7")]
    [InlineData("0@13")]
    [InlineData("0@13", "1@13")]
    [InlineData("3@2", "2@19", "0@30")]
    public void FitAsync_MembersFail_OthersGoOnWithEachRowOncePerEpoch(params string[] failures)
    {
        var failing = failures.Select(f => f.Split('@')).ToDictionary(f => int.Parse(f[0], System.Globalization.CultureInfo.InvariantCulture), f => long.Parse(f[1], System.Globalization.CultureInfo.InvariantCulture));
        var team = Run(4, (rank, options) =>
        {
            if (failing.TryGetValue(rank, out var step))
            {
                options.Callbacks.Add(new At(step, () => throw new InvalidTimeZoneException()));
            }
        });

        var left = Enumerable.Range(0, 4).Where(r => !failing.ContainsKey(r)).ToArray();
        Assert.All(failing.Keys, r => Assert.IsType<InvalidTimeZoneException>(team.Ends[r]));
        Assert.All(left, r => Assert.Null(team.Ends[r]));
        Assert.All(left, r => Assert.Equal(0, Distance(team.Weights[left[0]]!, team.Weights[r]!)));

        // What a member did after the snapshot from which the others went on does not count.
        foreach (var (rank, step) in failing)
        {
            var change = team.Recorders[left[0]].Changes.First(c => c.Change.Lost.Any(l => l.Contains($"member {rank + 1} ", StringComparison.Ordinal)));
            Assert.InRange(change.Step, step - 4, step);
            team.Recorders[rank].StrikeOut(change.Step);
        }

        team.AssertRows(RowCount, 4, spare: 2 * 4);
        Assert.Equal(4, team.Histories[left[0]]!.Count);
        Assert.Equal(left.Length, team.Recorders[left[0]].Changes[^1].Change.WorldSize);
    }

    /// <summary>What the checkpoint of the same step holds is what the snapshot has to hold: weights, the optimizer's moments and its count of steps.</summary>
    [Theory]
    [InlineData(OptimizerKind.Adam, 2)]
    [InlineData(OptimizerKind.Adam, 3)]
    [InlineData(OptimizerKind.Sgd, 2)]
    public void FitAsync_MemberFails_OthersEndWithTheBitsOfATrainingThatWentOnFromACheckpointOfThatStep(OptimizerKind optimizer, int count)
    {
        using var folder = new TempDirectory();
        var checkpoints = folder.Combine("checkpoints");
        void Configure(NetworkOptions options, long failsAt)
        {
            (options.Optimizer.Kind, options.Optimizer.Momentum) = (optimizer, optimizer == OptimizerKind.Sgd ? 0.9 : 0);
            options.Callbacks.Add(new At(failsAt, () => throw new InvalidTimeZoneException()));
        }

        // The snapshot is that of step 6, and so is the checkpoint that all leave behind.
        var faulty = Run(count, (rank, options) => Configure(options, rank == count - 1 ? 7 : -1));
        Run(count, (_, options) =>
        {
            Configure(options, 7);
            (options.Checkpoints.Directory, options.Checkpoints.EverySteps) = (checkpoints, 6);
        });
        var resumed = Run(count - 1, (_, options) =>
        {
            Configure(options, -1);
            (options.Checkpoints.Directory, options.Checkpoints.EverySteps, options.ResumeFrom) = (checkpoints, 1000, checkpoints);
        });

        Assert.Equal(6, faulty.Recorders[0].Changes.Single().Step);
        Assert.All(resumed.Ends, Assert.Null);
        Assert.All(resumed.Weights, w => Assert.Equal(0, Distance(faulty.Weights[0]!, w!)));
        Assert.Equal(7, resumed.Recorders[0].Rows.Min(r => r.Step));
    }

    [Fact]
    public void FitAsync_MembersJoin_GetTheStateAndEndWithTheSameWeights()
    {
        var members = ElasticGroup.CreateInProcess(2);
        var team = new ElasticTeam();
        var rows = ElasticTeam.Rows(RowCount);
        foreach (var member in members)
        {
            team.Start(member, rows, options => options.Callbacks.Add(new Await(member)));
        }

        SpinWait.SpinUntil(() => members.All(m => m.Generation > 0));

        team.Start(members[0].CreateNewcomer(), rows);
        team.Start(members[0].CreateNewcomer(), rows);
        team.Join();

        Assert.All(team.Ends, Assert.Null);
        Assert.All(team.Weights, w => Assert.Equal(0, Distance(team.Weights[0]!, w!)));
        Assert.Equal(4, team.Recorders[0].Changes[^1].Change.WorldSize);
        Assert.Equal(team.Histories[0]!.Select(h => h.TrainingLoss), team.Histories[3]!.Select(h => h.TrainingLoss));
        team.AssertRows(RowCount, 4, spare: 2 * 4);
    }

    [Fact]
    public void FitAsync_NewcomerWithOtherRows_IsRefusedAndTheOthersGoOn()
    {
        var members = ElasticGroup.CreateInProcess(2);
        var (team, misfit) = (new ElasticTeam(), new ElasticTeam());
        using var refused = new ManualResetEventSlim();
        foreach (var member in members)
        {
            team.Start(member, ElasticTeam.Rows(RowCount), options => options.Callbacks.Add(new At(5, refused.Wait)));
        }

        SpinWait.SpinUntil(() => members[0].Generation > 0);
        misfit.Start(members[0].CreateNewcomer(), ElasticTeam.Rows(RowCount - 1));
        misfit.Join();
        refused.Set();
        team.Join();

        var failure = Assert.IsType<ElasticGroupException>(misfit.Ends[0]);
        Assert.Equal(ElasticFailure.Refused, failure.Failure);
        Assert.Contains("number of rows", failure.Message, StringComparison.Ordinal);
        Assert.All(team.Ends, Assert.Null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FitAsync_MemberStalls_IsGivenUpOrComesBack(bool comesBack)
    {
        var options = new ElasticGroupOptions { RejoinsWhenGivenUp = comesBack };
        (options.Group.Timeout, options.Group.Rendezvous.HeartbeatInterval) = (TimeSpan.FromSeconds(8), TimeSpan.FromMilliseconds(100));
        using var wakes = new ManualResetEventSlim();
        var members = ElasticGroup.CreateInProcess(3, options);
        var team = new ElasticTeam();
        for (var rank = 0; rank < 3; rank++)
        {
            var number = rank;
            team.Start(members[rank], ElasticTeam.Rows(RowCount), o => o.Callbacks.Add(number == 1
                ? new At(9, wakes.Wait)
                : new Later(wakes, () => !comesBack || members[number].Group!.Rank > 0 || members[number].HasNewcomers)));
        }

        team.Join();

        Assert.Null(team.Ends[0]);
        Assert.Contains("rank 1 did not come", team.Recorders[0].Changes[0].Change.Cause, StringComparison.Ordinal);
        if (comesBack)
        {
            Assert.Null(team.Ends[1]);
            Assert.Equal(3, team.Recorders[0].Changes[1].Change.WorldSize);
            Assert.All(team.Weights, w => Assert.Equal(0, Distance(team.Weights[0]!, w!)));
        }
        else
        {
            Assert.Equal(ElasticFailure.GivenUp, Assert.IsType<ElasticGroupException>(team.Ends[1]).Failure);
        }
    }

    [Fact]
    public void FitAsync_TooFewAreLeft_EndsWithASentence()
    {
        var members = ElasticGroup.CreateInProcess(3, new() { MinimumMembers = 3, WaitForMinimum = TimeSpan.FromSeconds(0.5) });
        var team = new ElasticTeam();
        for (var rank = 0; rank < 3; rank++)
        {
            var number = rank;
            team.Start(members[rank], ElasticTeam.Rows(RowCount), o => o.Callbacks.Add(new At(number == 0 ? 4 : -1, () => throw new InvalidTimeZoneException())));
        }

        team.Join();

        Assert.All(team.Ends.Skip(1), e => Assert.Equal(ElasticFailure.BelowMinimum, Assert.IsType<ElasticGroupException>(e).Failure));
    }

    [Fact]
    public async Task FitAsync_FirstRankFails_TheNextOneWritesCheckpointsForAnyNumberOfReplicas()
    {
        using var folder = new TempDirectory();
        var team = Run(3, (rank, options) =>
        {
            (options.Checkpoints.Directory, options.Checkpoints.EverySteps) = (folder.Combine("checkpoints"), 2);
            if (rank == 0)
            {
                options.Callbacks.Add(new At(5, () => throw new InvalidTimeZoneException()));
            }
        });
        Assert.All(team.Ends.Skip(1), Assert.Null);

        // The whole training is there, so a group of other size has nothing left to do.
        var resumed = new ElasticTeam();
        foreach (var member in ElasticGroup.CreateInProcess(2))
        {
            resumed.Start(member, ElasticTeam.Rows(RowCount), o => (o.Checkpoints.Directory, o.Checkpoints.EverySteps, o.ResumeFrom) = (folder.Combine("checkpoints"), 2, folder.Combine("checkpoints")));
        }

        resumed.Join();
        Assert.All(resumed.Ends, Assert.Null);
        Assert.All(resumed.Recorders, r => Assert.Empty(r.Rows));
        Assert.Equal(0, Distance(team.Weights[1]!, resumed.Weights[0]!));
        await Task.CompletedTask;
    }

    [Fact]
    public void FitAsync_MembersFail_EndsWithTheLossOfATrainingWithoutFaultsWithinTheNoiseOfItsSeed()
    {
        double[] Losses(bool fails) => [.. Enumerable.Range(1, 4).Select(seed =>
        {
            var team = Run(3, (rank, options) =>
            {
                (options.Seed, options.MaxEpochs, options.ValidationShare) = (seed, 8, 0.25);
                if (fails && rank < 2)
                {
                    options.Callbacks.Add(new At(rank == 0 ? 11 : 23, () => throw new InvalidTimeZoneException()));
                }
            });
            return team.Histories[2]!.Min(h => h.ValidationLoss!.Value);
        })];

        var (clean, faulty) = (Losses(false), Losses(true));

        Assert.InRange(faulty.Average(), clean.Average() - (clean.Max() - clean.Min()), clean.Average() + (clean.Max() - clean.Min()));
    }

    [Fact]
    public void NetworkTrainer_OptionsThatDoNotFit_SaysWhich()
    {
        var options = ElasticTeam.Options();
        (options.DataParallel.Elastic.Group, options.DataParallel.Replicas) = (ElasticGroup.CreateInProcess(1)[0], 2);
        var both = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message;
        (options.DataParallel.Replicas, options.DataParallel.Elastic.SnapshotEverySteps) = (1, 0);
        var never = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message;

        Assert.Contains("NetworkOptions.DataParallel.Elastic.Group must be null beside Replicas above 1: its members are the replicas.", both, StringComparison.Ordinal);
        Assert.Contains("NetworkOptions.DataParallel.Elastic.SnapshotEverySteps must be between 1 and 1000000, but is 0.", never, StringComparison.Ordinal);
    }

    private static ElasticTeam Run(int count, Action<int, NetworkOptions> configure)
    {
        var team = new ElasticTeam();
        var (members, rows) = (ElasticGroup.CreateInProcess(count), ElasticTeam.Rows(RowCount));
        for (var rank = 0; rank < count; rank++)
        {
            var number = rank;
            team.Start(members[rank], rows, options => configure(number, options));
        }

        team.Join();
        return team;
    }

    private sealed class At(long step, Action work) : INetworkCallback
    {
        private bool _isDone;

        public void StepEnded(in NetworkStep ended, NetworkTrainingControl control)
        {
            if (ended.Step == step && !_isDone)
            {
                _isDone = true;
                work();
            }
        }
    }

    /// <summary>Holds the training at some steps until newcomers have come or are in.</summary>
    private sealed class Await(ElasticGroup member) : INetworkCallback
    {
        public void StepEnded(in NetworkStep ended, NetworkTrainingControl control)
        {
            if (ended.Step is 5 or 14)
            {
                SpinWait.SpinUntil(() => member.Group!.WorldSize == 4 || member.HasNewcomers);
            }
        }
    }

    /// <summary>Wakes who stalls when the others have gone on, and holds them until it has come.</summary>
    private sealed class Later(ManualResetEventSlim wakes, Func<bool> hasCome) : INetworkCallback
    {
        private bool _hasChanged;

        public void ReplicasChanged(ElasticChange change, long step) => _hasChanged = true;

        public void StepEnded(in NetworkStep ended, NetworkTrainingControl control)
        {
            if (_hasChanged && ended.Step == 14)
            {
                wakes.Set();
                SpinWait.SpinUntil(hasCome);
            }
        }
    }
}
