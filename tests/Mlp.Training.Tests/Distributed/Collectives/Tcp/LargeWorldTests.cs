using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>More ranks than connect to every other.</summary>
public sealed class LargeWorldTests
{
    private const int WorldSize = 36;

    [Fact]
    public async Task Calls_InALargeWorld_ConnectOnlyTheRanksThatNeedIt()
    {
        var groups = await LoopbackRanks.ConnectAsync(WorldSize, o => (o.Deterministic, o.Transport.UseSharedMemory) = (false, false));
        Assert.All(groups, g => Assert.Equal(0, ((TcpBackend)g.End).ConnectedCount));

        var failures = LoopbackRanks.Run(groups, g =>
        {
            var values = new int[300_000];
            Array.Fill(values, g.Rank);
            g.AllReduce(values.AsSpan(), tensor: "long");
            Assert.All(values, v => Assert.Equal(WorldSize * (WorldSize - 1) / 2, v));
            Assert.InRange(((TcpBackend)g.End).ConnectedCount, 1, 2);

            var one = new[] { g.Rank };
            g.AllReduce(one.AsSpan(), tensor: "short");
            Assert.Equal(WorldSize * (WorldSize - 1) / 2, one[0]);
            g.Barrier();

            // 36 ranks are 32 that halve and 4 more: 5 halvings, one for whom a rank stands, and two neighbours.
            Assert.InRange(((TcpBackend)g.End).ConnectedCount, 1, 8);
        });

        Assert.All(failures, Assert.Null);
        await LoopbackRanks.DisposeAsync(groups);
    }
}
