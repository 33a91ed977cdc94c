using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.InProcess;

public sealed class InProcessAllocationTests
{
    [Fact]
    public void Calls_OfEachKind_AllocateNothing()
    {
        var allocated = new long[2];

        ProcessGroup.RunInProcess(2, g =>
        {
            float[] small = new float[100], big = new float[100_000], parts = new float[200_000];
            int[] counts = [40_000, 160_000];

            for (var round = 0; round < Allocations.MaximumRuns; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                g.AllReduce<float>(small, ReduceOperation.Average, "small");
                g.AllReduce<float>(big);
                g.Broadcast<float>(big, 1);
                g.Reduce<float>(big, 0);
                g.AllGather<float>(big, parts);
                g.AllGather<float>(parts.AsSpan(g.Rank * 40_000, counts[g.Rank]), parts, counts);
                g.ReduceScatter<float>(parts, big, ReduceOperation.Maximum);
                g.AllToAll<float>(big, parts.AsSpan(0, 100_000));
                g.Barrier();
                if (g.Rank == 0)
                {
                    g.Send<float>(big, 1);
                }
                else
                {
                    g.Receive<float>(big, 0);
                }

                var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
                allocated[g.Rank] = round == 0 ? bytes : Math.Min(allocated[g.Rank], bytes);
            }
        });

        Assert.Equal([0, 0], allocated);
    }
}
