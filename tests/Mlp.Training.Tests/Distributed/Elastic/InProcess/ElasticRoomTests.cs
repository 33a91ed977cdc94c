using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Elastic;

namespace Mlp.Training.Tests.Distributed.Elastic.InProcess;

/// <summary>Members that are threads.</summary>
public sealed class ElasticRoomTests : ElasticGroupContract
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReformAsync_StalledMemberWakes_IsGivenUpOrJoinsAgain(bool rejoins)
    {
        var options = new ElasticGroupOptions { WaitForMembers = TimeSpan.FromSeconds(20), RejoinsWhenGivenUp = rejoins };
        (options.Group.Timeout, options.Group.Rendezvous.HeartbeatInterval) = (TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(100));
        var members = Create(3, options);
        using var goesOn = new ManualResetEventSlim();
        var programs = Start(members, steps: 1_000_000, goesOn: (rank, step) =>
        {
            if (rank == 1 && step == 20 && members[1].Generation == 1)
            {
                goesOn.Wait();
            }

            return step < 20 || members[0].Generation < 2 || Release(step);
        });
        bool Release(int step)
        {
            goesOn.Set();
            return step < 40 || (rejoins && members[0].Generation < 3);
        }

        ElasticProgram.Join(programs);

        Assert.Equal([1], programs[0].Changes[1].Lost.Select(l => l[5] - '0'));
        Assert.Contains("rank 1 did not come", programs[0].Changes[1].Cause, StringComparison.Ordinal);
        if (rejoins)
        {
            Assert.Null(programs[1].Failure);
            Assert.Equal(3, programs[0].Changes[2].WorldSize);
            return;
        }

        Assert.Equal(ElasticFailure.GivenUp, Assert.IsType<ElasticGroupException>(programs[1].Failure).Failure);
        Assert.Contains("but they have gone on without it", programs[1].Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReformAsync_HalfDoesNotCome_OnlyTheHalfWithTheLowestRankGoesOn()
    {
        var options = new ElasticGroupOptions { WaitForMembers = TimeSpan.FromSeconds(1), WaitForMinimum = TimeSpan.FromSeconds(2) };
        options.Group.Rendezvous.HeartbeatInterval = TimeSpan.FromMilliseconds(50);
        foreach (var comes in new[] { new[] { 0, 2 }, [1, 3] })
        {
            var members = Create(4, options);
            await Task.WhenAll(members.Select(m => m.JoinAsync()));
            var failures = await Task.WhenAll(comes.Select(rank => Record.ExceptionAsync(() => members[rank].ReformAsync(new RankLostException("lost")))));

            Assert.All(failures, f => Assert.Equal(comes[0] == 0 ? null : ElasticFailure.NoMajority, (f as ElasticGroupException)?.Failure));
        }
    }

    [Fact]
    public async Task JoinAsync_OneHasEndedBefore_OthersBeginWithoutIt()
    {
        var members = Create(3, new());
        using var stop = new CancellationTokenSource();
        var gone = members[1].JoinAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await members[1].DisposeAsync();

        var groups = await Task.WhenAll(members[0].JoinAsync(), members[2].JoinAsync()).WaitAsync(TimeSpan.FromMinutes(2));

        Assert.Equal([(0, 2), (1, 2)], groups.Select(g => (g.Rank, g.WorldSize)));
    }

    [Fact]
    public async Task JoinAsync_FewerBeginThanTheMinimum_WaitsForANewcomer()
    {
        var members = Create(1, new() { MinimumMembers = 2 });
        var first = members[0].JoinAsync();
        Assert.False(first.IsCompleted);

        var groups = await Task.WhenAll(first, members[0].CreateNewcomer().JoinAsync()).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal([(0, 2), (1, 2)], groups.Select(g => (g.Rank, g.WorldSize)));
    }

    protected override IReadOnlyList<ElasticGroup> Create(int count, ElasticGroupOptions options) => ElasticGroup.CreateInProcess(count, options);

    protected override ElasticGroup CreateNewcomer(IReadOnlyList<ElasticGroup> members, ElasticGroupOptions options) => members[0].CreateNewcomer();
}
