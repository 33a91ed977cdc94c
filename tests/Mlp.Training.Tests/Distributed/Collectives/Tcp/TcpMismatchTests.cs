using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Tests.Distributed.Collectives.InProcess;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Processes that make different calls get the sentences that threads get.</summary>
public sealed class TcpMismatchTests
{
    public static TheoryData<string, Action<ProcessGroup>, Action<ProcessGroup>, string> Differences => InProcessMismatchTests.Differences;

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task Call_ThatDiffersOnOneRank_ThrowsTheSameOnAllAndNamesTheRank(string what, Action<ProcessGroup> call, Action<ProcessGroup> other, string sentence)
    {
        var groups = await LoopbackRanks.ConnectAsync(3, o => o.Transport.UseSharedMemory = what.Length % 2 == 0);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            g.Barrier();
            (g.Rank == 2 ? other : call)(g);
            g.Barrier();
        });

        Assert.All(failures, f => Assert.Contains(sentence, Assert.IsType<CollectiveMismatchException>(f).Message, StringComparison.Ordinal));
        Assert.Single(failures.Select(f => f!.Message).Distinct());
        Assert.All(failures, f => Assert.Contains(2, ((CollectiveException)f!).Ranks));
        Assert.All(groups, g => Assert.Equal(failures[0]!.Message, Assert.Throws<CollectiveMismatchException>(() => g.Barrier()).Message));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_ThatDiffersOnALateRank_IsFoundAtTheNextCall(bool sharesMemory)
    {
        var groups = await LoopbackRanks.ConnectAsync(3, o => o.Transport.UseSharedMemory = sharesMemory);
        using var others = new CountdownEvent(2);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            if (g.Rank == 2)
            {
                others.Wait();
                g.Broadcast<float>(new float[4], 1);
            }
            else
            {
                g.Broadcast<float>(new float[4], 0);
                others.Signal();
            }

            g.Barrier();
        });

        Assert.All(failures, f => Assert.Contains("the root is 0 on rank 0", Assert.IsType<CollectiveMismatchException>(f).Message, StringComparison.Ordinal));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Receive_OfAnotherLength_ThrowsOnBothSides(bool sharesMemory)
    {
        var groups = await LoopbackRanks.ConnectAsync(2, o => o.Transport.UseSharedMemory = sharesMemory);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            if (g.Rank == 0)
            {
                g.Send<float>(new float[3], 1, "m");
            }
            else
            {
                g.Receive<float>(new float[4], 0, "m");
            }
        });

        Assert.All(failures, f => Assert.Equal(
            "Expected rank 1 to receive what rank 0 sends, but the length is 3 in Send of 'm' (call 0 to rank 1 of group 'world') and 4 in Receive of 'm' (call 0 from rank 0 of group 'world').",
            Assert.IsType<CollectiveMismatchException>(f).Message));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_ToARankThatWaitsForAll_ThrowsOnBothInsteadOfWaiting(bool sharesMemory)
    {
        var groups = await LoopbackRanks.ConnectAsync(2, o => o.Transport.UseSharedMemory = sharesMemory);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            if (g.Rank == 0)
            {
                g.Send<float>(new float[3], 1);
            }
            else
            {
                g.Barrier();
            }
        });

        Assert.All(failures, f => Assert.IsType<CollectiveMismatchException>(f));
        Assert.Single(failures.Select(f => f!.Message).Distinct());
        await LoopbackRanks.DisposeAsync(groups);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Message_BothSidesSend_ThrowsOnBothInsteadOfWaiting(bool sharesMemory)
    {
        var groups = await LoopbackRanks.ConnectAsync(2, o => o.Transport.UseSharedMemory = sharesMemory);

        var failures = LoopbackRanks.Run(groups, g => g.Send<float>(new float[3], 1 - g.Rank, "m"));

        Assert.All(failures, f => Assert.Contains("to send and receive, but rank", Assert.IsType<CollectiveMismatchException>(f).Message, StringComparison.Ordinal));
        await LoopbackRanks.DisposeAsync(groups);
    }
}
