using Microsoft.Extensions.Time.Testing;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Distributed.Collectives;
using Mlp.Training.Tests.Distributed.Collectives.InProcess;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Ranks of a group that train while one of them is killed, stalls, is late or leaves a call out; and ranks that are connected as processes are.</summary>
public sealed class ReplicaFaultTests
{
    private const int Ranks = 3;

    [Fact]
    public async Task FitAsync_FaultsAtRandomCalls_EndOnEveryRankAndNameTheRank()
    {
        var set = SyntheticRows.Create(300, seed: 3);
        var expected = await FitAsync(Options(o => o.Replicas = Ranks), set);
        var random = new Random(11);
        for (var round = 0; round < TestRounds.Count; round++)
        {
            var kind = (FaultKind)(1 + (round % 5));
            var fault = new Fault(kind, random.Next(Ranks), random.Next(40));
            var clock = new FakeTimeProvider();
            var groups = FaultyBackend.CreateInProcess(Ranks, fault, new() { TimeProvider = clock });
            var weights = new SortedDictionary<string, float[]>?[Ranks];

            // Limits end when all others have come to the call in which one stalls, or which it leaves out, in steps that leave them time to wait there; who stalls is let go when the others have given up.
            var ends = RankThreads.Start(groups, group => weights[group.Rank] = FitAsync(Options(o => o.Group = group), set).GetAwaiter().GetResult()).Join(() =>
            {
                if (kind is FaultKind.Stall or FaultKind.Drop && groups.All(g => fault.Begun.GetValueOrDefault(g.Rank) > fault.Call))
                {
                    clock.Advance(TimeSpan.FromSeconds(3));
                }

                if (groups.All(g => g.Rank == fault.Rank || g.Failure is not null))
                {
                    fault.Release.Set();
                }
            });

            foreach (var group in groups)
            {
                await group.DisposeAsync();
            }

            Check(fault, ends, weights, expected);
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task FitAsync_RanksConnectedAsProcessesAre_GiveTheBitsOfReplicasHere(bool sharesMemory, bool syncs)
    {
        var set = SyntheticRows.Create(300, seed: 3);
        var expected = await FitAsync(Options(o => (o.Replicas, o.SyncBatchNorm) = (Ranks, syncs)), set);
        var found = new SortedDictionary<string, float[]>[Ranks];

        await using var worlds = LoopbackWorlds.With(o => (o.Deterministic, o.Transport.UseSharedMemory) = (true, sharesMemory));
        worlds.Run(Ranks, group => found[group.Rank] = FitAsync(Options(o => (o.Group, o.SyncBatchNorm) = (group, syncs)), set).GetAwaiter().GetResult());

        Assert.All(found, f => Assert.Equal(0, Distance(expected, f)));
    }

    private static void Check(Fault fault, Exception?[] ends, SortedDictionary<string, float[]>?[] weights, SortedDictionary<string, float[]> expected)
    {
        var others = ends.Where((_, rank) => rank != fault.Rank).ToArray();
        switch (fault.Kind)
        {
            case FaultKind.Kill or FaultKind.KillAfter:
                Assert.IsType<InjectedFaultException>(ends[fault.Rank]);
                Assert.All(others, e => Assert.Equal([fault.Rank], Assert.IsType<RankLostException>(e).Ranks));
                break;
            case FaultKind.Stall:
                Assert.All(others, e => Assert.Equal([fault.Rank], Assert.IsType<CollectiveTimeoutException>(e).Ranks));
                break;
            case FaultKind.Delay:
                Assert.All(ends, Assert.Null);
                Assert.All(weights, w => Assert.Equal(0, Distance(expected, w!)));
                break;
            default:
                Assert.NotNull(ends[fault.Rank]);
                Assert.All(others, e => Assert.IsAssignableFrom<CollectiveException>(e));
                break;
        }
    }

    private static NetworkOptions Options(Action<Mlp.Training.Distributed.DataParallel.DataParallelOptions> change)
    {
        var options = new NetworkOptions { HiddenLayers = [16], BatchSize = 20, MaxEpochs = 3, Seed = 7, LearningRate = 0.005 };
        change(options.DataParallel);
        return options;
    }
}
