using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.InProcess;

public sealed class InProcessMismatchTests
{
    private static readonly float[] Values = new float[12];

    public static TheoryData<string, Action<ProcessGroup>, Action<ProcessGroup>, string> Differences => new()
    {
        { "call", g => g.AllReduce<float>(new float[4]), g => g.Barrier(), "the call is AllReduce on rank 0 in AllReduce (call 1 of group 'world') and Barrier on rank 2 in Barrier (call 1 of group 'world')" },
        { "type", g => g.AllReduce<float>(new float[4]), g => g.AllReduce<int>(new int[4]), "the type is Float32 on rank 0" },
        { "length", g => g.AllReduce<float>(new float[4], tensor: "w"), g => g.AllReduce<float>(new float[5], tensor: "w"), "the length is 4 on rank 0 in AllReduce of 'w' (call 1 of group 'world') and 5 on rank 2" },
        { "long length", g => g.AllReduce<float>(new float[400]), g => g.AllReduce<float>(new float[50_000]), "the length is 400 on rank 0" },
        { "operation", g => g.AllReduce<float>(new float[4]), g => g.AllReduce<float>(new float[4], ReduceOperation.Maximum), "the operation is Sum on rank 0" },
        { "root", g => g.Broadcast<float>(new float[4], 0), g => g.Broadcast<float>(new float[4], 1), "the root is 0 on rank 0" },
        { "name", g => g.AllReduce<float>(new float[4], tensor: "a"), g => g.AllReduce<float>(new float[4], tensor: "b"), "the name is 'a' on rank 0" },
        { "no name", g => g.AllReduce<float>(new float[4], tensor: "a"), g => g.AllReduce<float>(new float[4]), "and none on rank 2" },
        {
            "counts", g => g.AllGather<float>(Values.AsSpan(0, 1 + g.Rank), new float[6], [1, 2, 3]), g => g.AllGather<float>(Values.AsSpan(0, 4), new float[6], [1, 1, 4]),
            "the list of lengths is [1, 2, 3] on rank 0 in AllGather (call 1 of group 'world') and [1, 1, 4] on rank 2"
        },
        { "no counts", g => g.AllGather<float>(Values.AsSpan(0, 2), new float[6], [2, 2, 2]), g => g.AllGather<float>(Values.AsSpan(0, 2), new float[6]), "[2, 2, 2] on rank 0" },
        { "split", g => g.Split([0, 1]), g => g.Split([1, 2]), "Expected equal lists of all ranks of a new group" },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void Call_ThatDiffersOnOneRank_ThrowsTheSameOnAllAndNamesTheRank(string what, Action<ProcessGroup> call, Action<ProcessGroup> other, string sentence)
    {
        var groups = ProcessGroup.CreateInProcess(3);

        var failures = RankThreads.Start(groups, g =>
        {
            g.Barrier();
            (g.Rank == 2 ? other : call)(g);
        }).Join();

        Assert.NotEmpty(what);
        Assert.All(failures, f => Assert.Contains(sentence, Assert.IsType<CollectiveMismatchException>(f).Message, StringComparison.Ordinal));
        Assert.Single(failures.Select(f => f!.Message).Distinct());
        Assert.All(failures, f => Assert.Contains(2, ((CollectiveException)f!).Ranks));
        Assert.All(groups, g => Assert.Equal(failures[0]!.Message, Assert.Throws<CollectiveMismatchException>(() => g.Barrier()).Message));
    }

    [Fact]
    public void Call_ThatDiffersOnRankZeroOfThree_BlamesRankZero()
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(3), g => g.AllReduce<float>(new float[g.Rank == 0 ? 1 : 2])).Join();

        Assert.All(failures, f => Assert.Equal([0], Assert.IsType<CollectiveMismatchException>(f).Ranks));
    }

    [Fact]
    public void Receive_OfAnotherLength_ThrowsOnBothSides()
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(2), g =>
        {
            if (g.Rank == 0)
            {
                g.Send<float>(new float[3], 1, "m");
            }
            else
            {
                g.Receive<float>(new float[4], 0, "m");
            }
        }).Join();

        Assert.All(failures, f => Assert.Equal(
            "Expected rank 1 to receive what rank 0 sends, but the length is 3 in Send of 'm' (call 0 to rank 1 of group 'world') and 4 in Receive of 'm' (call 0 from rank 0 of group 'world').",
            Assert.IsType<CollectiveMismatchException>(f).Message));
    }

    [Fact]
    public void Send_ToARankThatWaitsForAll_ThrowsOnBothInsteadOfWaiting()
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(2), g =>
        {
            if (g.Rank == 0)
            {
                g.Send<float>(new float[3], 1);
            }
            else
            {
                g.AllReduce<float>(new float[3]);
            }
        }).Join();

        Assert.All(failures, f => Assert.Equal(
            "Expected rank 1 at Send (call 0 to rank 1 of group 'world') on rank 0, but it waits for all ranks at AllReduce (call 0 of group 'world').", Assert.IsType<CollectiveMismatchException>(f).Message));
    }

    [Theory]
    [InlineData(true, "each sends and waits for the other to receive.")]
    [InlineData(false, "each waits for the other to send.")]
    public void Message_BothSidesDoTheSame_ThrowsOnBothInsteadOfWaiting(bool sends, string sentence)
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(2), g =>
        {
            if (sends)
            {
                g.Send<float>(new float[3], 1 - g.Rank, "m");
            }
            else
            {
                g.Receive<float>(new float[3], 1 - g.Rank, "m");
            }
        }).Join();

        Assert.All(failures, f => Assert.EndsWith(sentence, Assert.IsType<CollectiveMismatchException>(f).Message, StringComparison.Ordinal));
        Assert.Single(failures.Select(f => f!.Message).Distinct());
        Assert.Contains($"{(sends ? "Send" : "Receive")} of 'm' (call 0 {(sends ? "to" : "from")} rank 0 of group 'world')", failures[0]!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_InTurns_AreNotTakenForAContradiction()
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(2), g =>
        {
            for (var round = 0; round < 3000; round++)
            {
                if (round % 2 == g.Rank)
                {
                    g.StartSend<float>(Values, 1 - g.Rank).Wait();
                }
                else
                {
                    g.StartReceive<float>(Values, 1 - g.Rank).Wait();
                }
            }
        }).Join();

        Assert.All(failures, Assert.Null);
    }

    [Fact]
    public void Messages_ReceiverGoesOnToACallOfAll_AreNotTakenForAMismatch()
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(2), g =>
        {
            for (var round = 0; round < 3000; round++)
            {
                if (g.Rank == 0)
                {
                    g.StartSend<float>(Values, 1).Wait();
                }
                else
                {
                    g.StartReceive<float>(Values, 0).Wait();
                }

                g.Barrier();
            }
        }).Join();

        Assert.All(failures, Assert.Null);
    }
}
