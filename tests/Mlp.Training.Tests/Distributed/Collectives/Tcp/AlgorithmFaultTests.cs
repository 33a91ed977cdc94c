using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;
using Mlp.Training.Tests.Distributed.Collectives.InProcess;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Whichever way values take, and although a rank only talks to some: who is late, gone, or makes another call is named on all ranks.</summary>
public sealed class AlgorithmFaultTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static TheoryData<ReductionAlgorithm, string, Action<ProcessGroup>, Action<ProcessGroup>, string> Differences
    {
        get
        {
            var differences = new TheoryData<ReductionAlgorithm, string, Action<ProcessGroup>, Action<ProcessGroup>, string>();
            foreach (var row in InProcessMismatchTests.Differences)
            {
                var (what, call, other, sentence) = ((string)row[0], (Action<ProcessGroup>)row[1], (Action<ProcessGroup>)row[2], (string)row[3]);
                differences.Add(ReductionAlgorithm.Ring, what, call, other, sentence);
                differences.Add(ReductionAlgorithm.HalvingDoubling, what, call, other, sentence);
                differences.Add(ReductionAlgorithm.Auto, what, call, other, sentence);
            }

            return differences;
        }
    }

    public static TheoryData<ReductionAlgorithm> Algorithms => new(ReductionAlgorithm.Ring, ReductionAlgorithm.HalvingDoubling, ReductionAlgorithm.Hierarchical, ReductionAlgorithm.Auto);

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task Call_ThatDiffersOnOneRank_ThrowsTheSameOnAllAndNamesTheRank(ReductionAlgorithm algorithm, string what, Action<ProcessGroup> call, Action<ProcessGroup> other, string sentence)
    {
        var groups = await ConnectAsync(3, algorithm);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            g.Barrier();
            (g.Rank == 2 ? other : call)(g);
            g.Barrier();
        });

        Assert.NotEmpty(what);
        Assert.All(failures, f => Assert.Contains(sentence, Assert.IsType<CollectiveMismatchException>(f).Message, StringComparison.Ordinal));
        Assert.Single(failures.Select(f => f!.Message).Distinct());
        Assert.All(failures, f => Assert.Contains(2, ((CollectiveException)f!).Ranks));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task AllReduce_OneRankDoesNotCome_AllThatCameTimeOutAndNameIt(ReductionAlgorithm algorithm)
    {
        var clock = new ShiftedClock();
        var groups = await ConnectAsync(6, algorithm, clock);
        var shifting = clock.ShiftWhenBegun(groups.Where(g => g.Rank != 3), call: 1, Limit);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            g.Barrier();
            if (g.Rank != 3)
            {
                g.AllReduce<float>(new float[100_000], tensor: "w", timeout: Limit);
            }
        });

        shifting.Join();
        Assert.Null(failures[3]);
        Assert.All(failures.Where((_, r) => r != 3), f => Assert.Equal(
            "Expected 6 ranks at AllReduce of 'w' (call 1 of group 'world') within 60 s, but rank 3 did not come.", Assert.IsType<CollectiveTimeoutException>(f).Message));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task AllReduce_OneRankComesLate_AllEndWell(ReductionAlgorithm algorithm)
    {
        var groups = await ConnectAsync(5, algorithm);
        using var othersAreThere = new CountdownEvent(4);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            var values = new float[50_000];
            if (g.Rank == 1)
            {
                othersAreThere.Wait();
            }

            var handle = g.StartAllReduce<float>(values, ReduceOperation.Sum, "w");
            if (g.Rank != 1)
            {
                othersAreThere.Signal();
            }

            handle.Wait();
        });

        Assert.All(failures, Assert.Null);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Dispose_WhileOthersWait_TheyLoseTheRank(ReductionAlgorithm algorithm)
    {
        var groups = await ConnectAsync(5, algorithm);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            g.AllReduce<float>(new float[10]);
            if (g.Rank == 2)
            {
                g.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
            else
            {
                g.AllReduce<float>(new float[100_000], tensor: "after");
            }
        });

        Assert.All(failures.Where((_, r) => r != 2), f => Assert.Equal(
            "Expected rank 2 at AllReduce of 'after' (call 1 of group 'world'), but it is gone: it left the group.", Assert.IsType<RankLostException>(f).Message));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Fact]
    public async Task Send_InALargeWorld_ConnectsTheTwoRanks()
    {
        var groups = await ConnectAsync(6, ReductionAlgorithm.Auto);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            for (var turn = 0; turn < 300; turn++)
            {
                g.Broadcast<int>(new int[1], 0);
            }

            var value = new[] { 7 };
            if (g.Rank == 1)
            {
                g.Send<int>(value, 4);
            }
            else if (g.Rank == 4)
            {
                g.Receive(value.AsSpan(), 1, timeout: TimeSpan.FromMinutes(1));
                Assert.Equal(7, value[0]);
            }

            g.Barrier();
        });

        Assert.All(failures, Assert.Null);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Fact]
    public async Task Receive_InALargeWorldFromARankThatLeaves_LosesIt()
    {
        var groups = await ConnectAsync(4, ReductionAlgorithm.Auto);
        await groups[3].DisposeAsync();

        var failure = Assert.Throws<RankLostException>(() => groups[1].Receive(new int[1].AsSpan(), 3));

        Assert.Equal([3], failure.Ranks);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [InlineData(ReductionAlgorithm.HalvingDoubling)]
    [InlineData(ReductionAlgorithm.Hierarchical)]
    public async Task Connect_DeterministicByAWayThatIsNotInTheOrderOfRanks_IsRefused(ReductionAlgorithm algorithm)
    {
        var options = LoopbackRanks.Options(0, 1, LoopbackPorts.Take());
        options.Transport.Algorithm = algorithm;

        Assert.Contains($"but found {algorithm}", (await Assert.ThrowsAsync<ArgumentException>(() => ProcessGroup.ConnectAsync(options))).Message, StringComparison.Ordinal);
    }

    /// <summary>Hierarchical: two ranks on each host. Auto: a world so large that ranks connect when they need it.</summary>
    private static Task<ProcessGroup[]> ConnectAsync(int worldSize, ReductionAlgorithm algorithm, TimeProvider? clock = null) => LoopbackRanks.ConnectAsync(
        worldSize,
        r => (algorithm == ReductionAlgorithm.Hierarchical ? r / 2 : r).ToString(CultureInfo.InvariantCulture),
        o => (o.Deterministic, o.Transport.Algorithm, o.Transport.MeshLimit, o.TimeProvider) = (false, algorithm, algorithm == ReductionAlgorithm.Auto ? 2 : 32, clock ?? TimeProvider.System));
}
