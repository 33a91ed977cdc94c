using Microsoft.Extensions.Time.Testing;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Tests.Distributed.Collectives.InProcess;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.Nccl;

/// <summary>GPUs and ranks that do not do what they should: every call ends inside its limit, and NCCL is ended with it.</summary>
public sealed class NcclFailureTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [FakeGpusFact]
    public async Task AllReduce_OneRankDoesNotCome_IsNamedAndNcclIsNotBegun()
    {
        using var gpus = new FakeGpus();
        var clock = new FakeTimeProvider();
        var groups = gpus.Create(3, o => o.TimeProvider = clock);
        using var come = new CountdownEvent(2);

        var ranks = RankThreads.Start(groups, g =>
        {
            if (g.Rank != 1)
            {
                come.Signal();
                g.AllReduce<float>(new float[10], tensor: "w", timeout: Limit);
            }
        });
        var failures = ranks.Join(() =>
        {
            if (come.IsSet && ranks.Wait(0, 2))
            {
                clock.Advance(Limit);
            }
        });

        Assert.All([failures[0], failures[2]], f => Assert.Equal(
            "Expected 3 ranks at AllReduce of 'w' (call 0 of group 'world') within 30 s, but rank 1 did not come.", Assert.IsType<CollectiveTimeoutException>(f).Message));
        Assert.Equal(0, gpus.CallsOf("ncclAllReduce"));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusFact]
    public async Task AllReduce_OtherLength_IsAMismatchAndNcclIsNotBegun()
    {
        using var gpus = new FakeGpus();
        var groups = gpus.Create(3);

        var failures = LoopbackRanks.Run(groups, g => g.AllReduce<float>(new float[g.Rank == 2 ? 5 : 4], tensor: "w"));

        Assert.All(failures, f => Assert.Equal([2], Assert.IsType<CollectiveMismatchException>(f).Ranks));
        Assert.Equal(0, gpus.CallsOf("ncclAllReduce"));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AllReduce_GpuStandsStill_AllEndInsideTheLimitAndAbortNccl(bool blocks)
    {
        using var gpus = new FakeGpus();
        gpus.Set("hang", 1);
        gpus.Set("blocks", blocks ? 1 : 0);
        var clock = new FakeTimeProvider();
        var groups = gpus.Create(3, o => o.TimeProvider = clock);
        var ranks = RankThreads.Start(groups, g => g.AllReduce<float>(new float[10], tensor: "w", timeout: Limit));
        gpus.AwaitCalls("ncclAllReduce", 3);

        var failures = ranks.Join(() => clock.Advance(Limit));

        Assert.All(failures, f => Assert.Equal(
            "Expected AllReduce of 'w' (call 0 of group 'world') to end on the GPUs within 30 s, but it did not, though all ranks had come and none is lost: a GPU, or the way between two, stands still.",
            Assert.IsType<CollectiveTimeoutException>(f).Message));
        Assert.Equal(3, gpus.CallsOf("ncclCommAbort"));
        Assert.All(groups, g => Assert.Throws<CollectiveTimeoutException>(() => g.Barrier()));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Abort_WhileAGpuStandsStill_EndsTheCallsOfAll(bool blocks)
    {
        using var gpus = new FakeGpus();
        gpus.Set("hang", 0);
        gpus.Set("blocks", blocks ? 1 : 0);
        var groups = gpus.Create(2);
        var ranks = RankThreads.Start(groups, g => g.Broadcast(new float[10].AsSpan(), 0));
        gpus.AwaitCalls("ncclBroadcast", 2);

        groups[1].Abort("its disk is full");

        Assert.All(ranks.Join(), f => Assert.Equal("Rank 1 of group 'world' is gone: its disk is full.", Assert.IsType<RankLostException>(f).Message));
        Assert.Equal(2, gpus.CallsOf("ncclCommAbort"));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusFact]
    public async Task Cancel_WhileAGpuStandsStill_OthersNameTheRank()
    {
        using var gpus = new FakeGpus();
        gpus.Set("hang", 0);
        var groups = gpus.Create(2);
        using var cancellation = new CancellationTokenSource();
        var ranks = RankThreads.Start(groups, g => g.AllReduce<float>(new float[10], tensor: "w", cancellationToken: g.Rank == 1 ? cancellation.Token : default));
        gpus.AwaitCalls("ncclAllReduce", 2);

        await cancellation.CancelAsync();

        var failures = ranks.Join();
        Assert.IsAssignableFrom<OperationCanceledException>(failures[1]);
        Assert.Equal("Expected rank 1 at AllReduce of 'w' (call 0 of group 'world'), but it is gone: it cancelled the call.", Assert.IsType<RankLostException>(failures[0]).Message);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusFact]
    public async Task AllReduce_NcclReportsAnErrorBesideTheCall_AllHearWhose()
    {
        using var gpus = new FakeGpus();
        gpus.Set("hang", 2);
        var groups = gpus.Create(3);
        var ranks = RankThreads.Start(groups, g => g.AllReduce<float>(new float[10], tensor: "w"));
        gpus.AwaitCalls("ncclAllReduce", 3);

        gpus.SetAsyncError(1, 6);

        Assert.All(ranks.Join(), f => Assert.Equal(
            "Expected rank 1 at AllReduce of 'w' (call 0 of group 'world'), but it is gone: NCCL 2.21.5 reported 'remote process exited or there was a network error' (6) in an operation under way.",
            Assert.IsType<RankLostException>(f).Message));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusTheory]
    [InlineData("ncclAllReduce", 3, "NCCL 2.21.5 reported 'internal error' (3) in ncclAllReduce")]
    [InlineData("cudaMalloc", 2, "CUDA reported 'out of memory' (2) in cudaMalloc")]
    [InlineData("cudaMemcpyAsync", 2, "CUDA reported 'out of memory' (2) in cudaMemcpyAsync")]
    public async Task AllReduce_AFunctionRefusesOnOneRank_AllHearWhichAndWhy(string function, int result, string expected)
    {
        using var gpus = new FakeGpus();
        var groups = gpus.Create(2);
        gpus.Fail(function, result);

        var failures = LoopbackRanks.Run(groups, g => g.AllReduce<float>(new float[10], tensor: "w"));

        var messages = failures.Select(f => Assert.IsType<RankLostException>(f).Message).Distinct().ToList();
        Assert.EndsWith($"(call 0 of group 'world'), but it is gone: {expected}.", Assert.Single(messages), StringComparison.Ordinal);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusFact]
    public async Task AllToAll_NcclRefusesAnOperationOfSeveral_TheyAreEndedAllTheSame()
    {
        using var gpus = new FakeGpus();
        var groups = gpus.Create(2);
        gpus.Fail("ncclSend", 3);

        var failures = LoopbackRanks.Run(groups, g => g.AllToAll<float>(new float[10], new float[10]));

        Assert.All(failures, f => Assert.Contains("in ncclSend", Assert.IsType<RankLostException>(f).Message, StringComparison.Ordinal));
        Assert.Equal(gpus.CallsOf("ncclGroupStart"), gpus.CallsOf("ncclGroupEnd"));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusFact]
    public async Task Connect_AProcessLeavesWhileAGpuStandsStill_OthersLoseIt()
    {
        using var gpus = new FakeGpus();
        var groups = await LoopbackRanks.ConnectAsync(3, o =>
        {
            gpus.Configure(o).Nccl.Device = o.Rendezvous.Rank;
            o.Deterministic = false;
        });
        gpus.Set("hang", 2);
        var ranks = RankThreads.Start(groups, g => g.AllReduce<float>(new float[10], tensor: "w"));
        gpus.AwaitCalls("ncclAllReduce", 3);

        await groups[2].DisposeAsync();

        var failures = ranks.Join();
        Assert.All(failures[..2], f => Assert.Equal("Rank 2 of group 'world' is gone: its group was disposed while a call was under way.", Assert.IsType<RankLostException>(f).Message));
        Assert.NotNull(failures[2]);
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusFact]
    public async Task Split_OfProcesses_TheNewGroupHasACommunicatorOfItsOwn()
    {
        using var gpus = new FakeGpus();
        var groups = await LoopbackRanks.ConnectAsync(3, o => gpus.Configure(o).Nccl.Device = o.Rendezvous.Rank);

        var failures = LoopbackRanks.Run(groups, g =>
        {
            var part = g.Split(g.Rank == 1 ? [] : [2, 0], "pair");
            if (part is not null)
            {
                float[] values = [g.Rank];
                part.AllReduce<float>(values);
                Assert.Equal(2, values[0]);
                Assert.Equal("nccl", part.Backend);
                part.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }

            g.Barrier();
        });

        Assert.All(failures, Assert.Null);
        Assert.Equal(5, gpus.CallsOf("ncclCommInitRank"));
        await LoopbackRanks.DisposeAsync(groups);
    }
}
