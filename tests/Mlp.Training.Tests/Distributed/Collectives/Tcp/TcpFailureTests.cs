using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Ranks that do not come, leave, give up or cancel: all others throw the same and name them.</summary>
public sealed class TcpFailureTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AllReduce_OneRankDoesNotCome_AllThatCameTimeOutAndNameIt(bool sharesMemory)
    {
        var clock = new ShiftedClock();
        var groups = await LoopbackRanks.ConnectAsync(3, o => (o.Transport.UseSharedMemory, o.TimeProvider) = (sharesMemory, clock));
        var shifting = clock.ShiftWhenBegun(groups.Where(g => g.Rank != 1), call: 1, Limit);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            g.Barrier();
            if (g.Rank != 1)
            {
                g.AllReduce<float>(new float[100_000], tensor: "w", timeout: Limit);
            }
        });

        shifting.Join();
        Assert.Null(failures[1]);
        foreach (var failure in new[] { failures[0], failures[2] })
        {
            var timeout = Assert.IsType<CollectiveTimeoutException>(failure);
            Assert.Equal("Expected 3 ranks at AllReduce of 'w' (call 1 of group 'world') within 60 s, but rank 1 did not come.", timeout.Message);
            Assert.Equal([1], timeout.Ranks);
        }

        Assert.Equal([1], Assert.Throws<CollectiveTimeoutException>(() => groups[1].Barrier()).Ranks);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Receive_NothingIsSent_NamesTheSender(bool sharesMemory)
    {
        var groups = await LoopbackRanks.ConnectAsync(2, o => o.Transport.UseSharedMemory = sharesMemory);

        var failure = Assert.Throws<CollectiveTimeoutException>(() => groups[0].Receive<float>(new float[3], 1, timeout: TimeSpan.FromMilliseconds(200)));

        Assert.Equal([1], failure.Ranks);
        Assert.Throws<CollectiveTimeoutException>(() => groups[1].Barrier());
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_WhileOthersWait_TheyLoseTheRank(bool sharesMemory)
    {
        var groups = await LoopbackRanks.ConnectAsync(3, o => o.Transport.UseSharedMemory = sharesMemory);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            g.AllReduce<float>(new float[10]);
            if (g.Rank == 2)
            {
                g.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
            else
            {
                g.Barrier("after");
            }
        });

        Assert.All(failures[..2], f => Assert.Equal("Expected rank 2 at Barrier of 'after' (call 1 of group 'world'), but it is gone: it left the group.", Assert.IsType<RankLostException>(f).Message));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_RightAfterGivingValues_TheyArrive(bool sharesMemory)
    {
        var groups = await LoopbackRanks.ConnectAsync(4, o => o.Transport.UseSharedMemory = sharesMemory);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            var values = new int[200_000];
            values.AsSpan().Fill(g.Rank == 1 ? 7 : 0);
            g.Broadcast(values.AsSpan(), 1);
            g.DisposeAsync().AsTask().GetAwaiter().GetResult();
            Assert.All(values, v => Assert.Equal(7, v));
        });

        Assert.All(failures, Assert.Null);
    }

    [Fact]
    public async Task Cancel_OneRank_OthersNameIt()
    {
        var groups = await LoopbackRanks.ConnectAsync(2);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        var cancelled = Assert.Throws<OperationCanceledException>(() => groups[1].AllReduce<float>(new float[5], tensor: "w", cancellationToken: cancellation.Token));
        Assert.Equal("Rank 1 has cancelled AllReduce of 'w' (call 0 of group 'world'); the group is of no more use.", cancelled.Message);

        var failure = Assert.Throws<RankLostException>(() => groups[0].AllReduce<float>(new float[5], tensor: "w"));
        Assert.Equal("Expected rank 1 at AllReduce of 'w' (call 0 of group 'world'), but it is gone: it cancelled the call.", failure.Message);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Fact]
    public async Task Abort_WhileOthersWait_EndsTheirCallsWithItsSentence()
    {
        var groups = await LoopbackRanks.ConnectAsync(3);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            if (g.Rank == 1)
            {
                g.Abort("its disk is full");
            }

            g.Barrier();
        });

        Assert.All(failures, f => Assert.Equal("Rank 1 of group 'world' is gone: its disk is full.", Assert.IsType<RankLostException>(f).Message));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Fact]
    public async Task Subgroup_Fails_TheWorldGoesOn()
    {
        var groups = await LoopbackRanks.ConnectAsync(3);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            var part = g.Split(g.Rank == 0 ? [] : [1, 2], "pair");
            if (part is not null)
            {
                var failure = Assert.Throws<CollectiveMismatchException>(() => part.AllReduce<float>(new float[part.Rank + 1]));
                Assert.Contains("'pair'", failure.Message, StringComparison.Ordinal);
                part.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }

            var sum = new[] { g.Rank };
            g.AllReduce(sum.AsSpan());
            Assert.Equal(3, sum[0]);
        });

        Assert.All(failures, Assert.Null);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Fact]
    public async Task Connect_NoFolderForSharedMemory_UsesSockets()
    {
        var groups = await LoopbackRanks.ConnectAsync(3, o => o.Transport.SharedMemoryDirectory = "/no/such/folder");

        var failures = LoopbackRanks.Run(groups, g =>
        {
            Assert.False(((TcpBackend)g.End).SharesMemory);
            var sum = new[] { g.Rank };
            g.AllReduce(sum.AsSpan());
            Assert.Equal(3, sum[0]);
        });

        Assert.All(failures, Assert.Null);
        await LoopbackRanks.DisposeAsync(groups);
    }
}
