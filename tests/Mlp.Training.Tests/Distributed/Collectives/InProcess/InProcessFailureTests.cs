using Microsoft.Extensions.Time.Testing;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.InProcess;

public sealed class InProcessFailureTests
{
    [Fact]
    public void Call_RanksDoNotCome_ThrowsAfterTheLimitAndNamesThem()
    {
        var clock = new FakeTimeProvider();
        var groups = ProcessGroup.CreateInProcess(4, new() { TimeProvider = clock, Name = "gradients" });
        using var come = new CountdownEvent(2);

        var ranks = RankThreads.Start(groups, g =>
        {
            g.Barrier();
            if (g.Rank is 0 or 2)
            {
                var values = new float[100_000];
                come.Signal();
                g.AllReduce<float>(values, tensor: "bucket 3", timeout: TimeSpan.FromSeconds(30));
            }
        });
        var failures = ranks.Join(() =>
        {
            if (come.IsSet && ranks.Wait(0, 2))
            {
                clock.Advance(TimeSpan.FromSeconds(30));
            }
        });

        var message = "Expected 4 ranks at AllReduce of 'bucket 3' (call 1 of group 'gradients') within 30 s, but ranks 1 and 3 did not come.";
        Assert.Equal(message, Assert.IsType<CollectiveTimeoutException>(failures[0]).Message);
        Assert.Equal(message, Assert.IsType<CollectiveTimeoutException>(failures[2]).Message);
        Assert.Equal([1, 3], ((CollectiveException)failures[0]!).Ranks);
        Assert.Equal((CollectiveKind.AllReduce, 1, "bucket 3"), (((CollectiveException)failures[0]!).Call, ((CollectiveException)failures[0]!).Sequence, ((CollectiveException)failures[0]!).Tensor));
        Assert.Equal(message, Assert.Throws<CollectiveTimeoutException>(() => groups[1].Barrier()).Message);
        Assert.Equal(message, groups[0].Failure!.Message);
    }

    [Fact]
    public void Call_WithinTheLimit_IsNotGivenUp()
    {
        var clock = new FakeTimeProvider();
        using var waits = new ManualResetEventSlim();

        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(2, new() { TimeProvider = clock }), g =>
        {
            if (g.Rank == 1)
            {
                waits.Wait(TimeSpan.FromMinutes(1));
                clock.Advance(TimeSpan.FromSeconds(299));
            }
            else
            {
                waits.Set();
            }

            g.Barrier();
        }).Join();

        Assert.All(failures, Assert.Null);
    }

    [Fact]
    public void Receive_NobodySends_ThrowsAndNamesTheSender()
    {
        var clock = new FakeTimeProvider();

        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(2, new() { TimeProvider = clock }), g =>
        {
            if (g.Rank == 1)
            {
                g.Receive<int>(new int[3], 0);
            }
        }).Join(() => clock.Advance(TimeSpan.FromMinutes(5)));

        Assert.Equal([0], Assert.IsType<CollectiveTimeoutException>(failures[1]).Ranks);
    }

    [Fact]
    public void Call_ARankHasLeft_ThrowsAtOnceAndNamesIt()
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(3), g =>
        {
            g.AllReduce<float>(new float[100_000]);
            if (g.Rank == 1)
            {
                Leave(g);
                return;
            }

            g.AllReduce<float>(new float[10], tensor: "loss");
        }).Join();

        Assert.Null(failures[1]);
        Assert.All([failures[0], failures[2]], f => Assert.Equal(
            "Expected rank 1 at AllReduce of 'loss' (call 1 of group 'world'), but it is gone: its group was disposed.", Assert.IsType<RankLostException>(f).Message));
    }

    [Fact]
    public void Dispose_WhileOthersStillLeaveTheLastCall_HurtsNobody()
    {
        for (var round = 0; round < 200; round++)
        {
            var failures = RankThreads.Start(ProcessGroup.CreateInProcess(2), g =>
            {
                g.AllReduce<float>(new float[5000]);
                Leave(g);
            }).Join();
            Assert.All(failures, Assert.Null);
        }
    }

    [Fact]
    public void Abort_OfARank_EndsTheCallsOfAllWithItsReason()
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(3), g =>
        {
            if (g.Rank == 2)
            {
                g.Abort("its data could not be read");
            }

            g.Barrier();
        }).Join();

        Assert.All(failures, f => Assert.Equal("Rank 2 of group 'world' is gone: its data could not be read.", Assert.IsType<RankLostException>(f).Message));
    }

    [Fact]
    public void RunInProcess_ARankThrows_ItsExceptionIsTheFirstAndOthersNameTheRank()
    {
        var failure = Assert.Throws<AggregateException>(() => ProcessGroup.RunInProcess(3, g =>
        {
            if (g.Rank == 1)
            {
                throw new InvalidDataException("No rows.");
            }

            g.Barrier();
        }));

        Assert.IsType<InvalidDataException>(failure.InnerExceptions[0]);
        Assert.Equal(3, failure.InnerExceptions.Count);
        Assert.All(failure.InnerExceptions.Skip(1), f => Assert.Equal([1], Assert.IsType<RankLostException>(f).Ranks));
    }

    [Fact]
    public void Call_IsCancelled_ThrowsThereAndNamesTheRankElsewhere()
    {
        using var cancellation = new CancellationTokenSource();

        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(3), g =>
        {
            if (g.Rank != 2)
            {
                g.Barrier(cancellationToken: g.Rank == 1 ? cancellation.Token : CancellationToken.None);
            }
        }).Join(cancellation.Cancel);

        Assert.IsType<OperationCanceledException>(failures[1]);
        Assert.Equal("Expected rank 1 at Barrier (call 0 of group 'world'), but it is gone: it cancelled the call.", Assert.IsType<RankLostException>(failures[0]).Message);
    }

    [Fact]
    public void Call_CancelledBeforeItBegins_ThrowsEvenWhereAllWouldCome()
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(2), g => g.Barrier(cancellationToken: new CancellationToken(g.Rank == 0))).Join();

        Assert.IsType<OperationCanceledException>(failures[0]);
        Assert.Equal([0], Assert.IsType<RankLostException>(failures[1]).Ranks);
    }

    [Fact]
    public async Task Dispose_WhileAStartedCallWaits_EndsItOnAllRanks()
    {
        var groups = ProcessGroup.CreateInProcess(2);
        var handle = groups[0].StartAllReduce<float>(new float[10], tensor: "late");
        var next = groups[0].StartBarrier();

        await groups[0].DisposeAsync();

        Assert.Equal([0], Assert.Throws<RankLostException>(handle.Wait).Ranks);
        Assert.Throws<RankLostException>(next.Wait);
        Assert.Equal([0], Assert.Throws<RankLostException>(() => groups[1].Barrier()).Ranks);
        Assert.Throws<ObjectDisposedException>(() => groups[0].Barrier());
    }

    [Fact]
    public void Abort_OfAGroup_EndsTheGroupsSplitFromIt()
    {
        var failures = RankThreads.Start(ProcessGroup.CreateInProcess(3), g =>
        {
            var pair = g.Split(g.Rank < 2 ? [0, 1] : [], "pair");
            if (g.Rank == 2)
            {
                g.Abort("it has no memory");
            }
            else if (g.Rank == 1)
            {
                pair!.Barrier();
            }
        }).Join();

        Assert.Equal("Rank 2 of group 'world' is gone: it has no memory.", Assert.IsType<RankLostException>(failures[1]).Message);
    }

    private static void Leave(ProcessGroup group) => group.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
