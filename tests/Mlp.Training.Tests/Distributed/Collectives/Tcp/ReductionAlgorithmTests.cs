using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>
/// Sums that are not made in the order of ranks. Values that add up exactly must give the scalar reduction to the bit; of others all ranks must have the same bits, near the scalar reduction.
/// </summary>
public sealed class ReductionAlgorithmTests(ReductionAlgorithmTests.Worlds worlds) : IClassFixture<ReductionAlgorithmTests.Worlds>
{
    public static TheoryData<string, int> Ways => Cross([1, 2, 3, 4, 5, 6, 7, 8]);

    public static TheoryData<string, int> SomeWays => Cross([2, 3, 5, 8]);

    [Theory]
    [MemberData(nameof(Ways))]
    public void AllReduce_ValuesThatAddUpExactly_AreTheScalarReductionToTheBit(string way, int worldSize)
    {
        foreach (var length in new[] { 0, 1, worldSize - 1, 63, 4_097 })
        {
            CheckExact<float>(way, worldSize, length, ReduceOperation.Sum, (v, _) => v);
            CheckExact<Half>(way, worldSize, length, ReduceOperation.Average, (v, size) => (Half)(v * size));
            CheckExact<BFloat16>(way, worldSize, length, ReduceOperation.Minimum, (v, _) => (BFloat16)v);
            CheckExact<int>(way, worldSize, length, ReduceOperation.Product, (v, _) => (int)v);
        }

        CheckExact<float>(way, worldSize, 150_001, ReduceOperation.Sum, (v, _) => v);
        CheckExact<double>(way, worldSize, 30_003, ReduceOperation.Average, (v, _) => v);
        CheckExact<long>(way, worldSize, 1_001, ReduceOperation.Maximum, (v, _) => (long)v);
    }

    [Theory]
    [MemberData(nameof(SomeWays))]
    public void AllReduce_AnyValues_AllRanksHaveTheSameBitsNearTheScalarReduction(string way, int worldSize)
    {
        const int Length = 10_011;
        var random = new Random(worldSize);
        var all = Enumerable.Range(0, worldSize).Select(_ => Enumerable.Range(0, Length).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray()).ToArray();
        var expected = ScalarReference.Reduce(all, ReduceOperation.Average);
        var results = new float[worldSize][];

        worlds.Ranks[way].Run(worldSize, g =>
        {
            var values = (float[])all[g.Rank].Clone();
            g.AllReduce(values.AsSpan(), ReduceOperation.Average, "w");
            results[g.Rank] = values;
        });

        Assert.All(results, r => Assert.True(MemoryMarshal.AsBytes(r.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(results[0].AsSpan()))));
        Assert.True(Enumerable.Range(0, Length).All(i => MathF.Abs(expected[i] - results[0][i]) < 1e-6f));
    }

    [Theory]
    [MemberData(nameof(SomeWays))]
    public void OtherCalls_InTurnWithAllReduce_GiveEachRankWhatItGetsDirectly(string way, int worldSize)
    {
        const int Part = 1_001;
        worlds.Ranks[way].Run(worldSize, g =>
        {
            var counts = Enumerable.Range(0, worldSize).Select(r => r % 3 == 1 ? 0 : Part + r).ToArray();
            var given = Enumerable.Range(0, counts.Sum()).Select(i => (double)(i + g.Rank)).ToArray();
            var before = (double[])given.Clone();
            var result = new double[counts[g.Rank]];
            for (var turn = 0; turn < 3; turn++)
            {
                g.ReduceScatter<double>(given, result, ReduceOperation.Average, counts);
                var start = counts[..g.Rank].Sum();
                Assert.Equal([.. Enumerable.Range(start, counts[g.Rank]).Select(i => i + ((worldSize - 1) / 2.0))], result);
                Assert.Equal(before, given);

                var root = turn % worldSize;
                var reduced = (double[])given.Clone();
                g.Reduce(reduced.AsSpan(), root, ReduceOperation.Sum, "r");
                Assert.Equal(g.Rank == root ? [.. given.Select((_, i) => ((double)i * worldSize) + (worldSize * (worldSize - 1) / 2.0))] : before, reduced);

                g.Barrier();
                var sum = new[] { g.Rank + 1L, 1L };
                g.AllReduce(sum.AsSpan());
                Assert.Equal([worldSize * (worldSize + 1L) / 2, worldSize], sum);

                var shared = g.Rank == root ? (double[])before.Clone() : new double[before.Length];
                g.Broadcast(shared.AsSpan(), root);
                Assert.Equal([.. Enumerable.Range(0, before.Length).Select(i => (double)(i + root))], shared);

                var exchanged = new int[worldSize];
                g.AllToAll<int>([.. Enumerable.Range(0, worldSize).Select(r => (100 * g.Rank) + r)], exchanged);
                Assert.Equal(Enumerable.Range(0, worldSize).Select(r => (100 * r) + g.Rank), exchanged);
            }
        });
    }

    private static TheoryData<string, int> Cross(int[] worldSizes)
    {
        var ways = new TheoryData<string, int>();
        foreach (var name in Worlds.Names)
        {
            Array.ForEach(worldSizes, size => ways.Add(name, size));
        }

        return ways;
    }

    private void CheckExact<T>(string way, int worldSize, int length, ReduceOperation operation, Func<float, int, T> make)
        where T : unmanaged
    {
        var random = new Random((length * 8) + worldSize);
        var all = Enumerable.Range(0, worldSize).Select(_ => Enumerable.Range(0, length).Select(_ => make(random.Next(-3, 4), worldSize)).ToArray()).ToArray();
        var expected = ScalarReference.Reduce(all, operation);
        worlds.Ranks[way].Run(worldSize, g =>
        {
            var values = (T[])all[g.Rank].Clone();
            g.AllReduce(values.AsSpan(), operation, "w");
            Assert.True(ScalarReference.AreSame<T>(expected, values), $"Expected the scalar reduction of {length} values of {typeof(T).Name}, but rank {g.Rank} of {worldSize} has another ({way}).");
        });
    }

    public sealed class Worlds : IAsyncDisposable
    {
        public static string[] Names => ["ring", "halving-doubling", "two hosts", "three hosts", "one rank alone", "large world"];

        public IReadOnlyDictionary<string, LoopbackWorlds> Ranks { get; } = new Dictionary<string, LoopbackWorlds>
        {
            [Names[0]] = Sockets(ReductionAlgorithm.Ring),
            [Names[1]] = Sockets(ReductionAlgorithm.HalvingDoubling),
            [Names[2]] = Hosts(r => r / 2 % 2 == 0 ? "a" : "b", ReductionAlgorithm.Hierarchical),
            [Names[3]] = Hosts(r => "abc"[r % 3].ToString(), ReductionAlgorithm.Hierarchical),
            [Names[4]] = Hosts(r => r == 1 ? "a" : "b", ReductionAlgorithm.Auto),
            [Names[5]] = Hosts(r => r.ToString(System.Globalization.CultureInfo.InvariantCulture), ReductionAlgorithm.Auto),
        };

        public async ValueTask DisposeAsync() => await Task.WhenAll(Ranks.Values.Select(w => w.DisposeAsync().AsTask()));

        private static LoopbackWorlds Sockets(ReductionAlgorithm algorithm)
            => LoopbackWorlds.With(o => (o.Deterministic, o.Transport.UseSharedMemory, o.Transport.Algorithm) = (false, false, algorithm));

        private static LoopbackWorlds Hosts(Func<int, string> hostOf, ReductionAlgorithm algorithm)
            => new(size => LoopbackRanks.ConnectAsync(size, hostOf, o => (o.Deterministic, o.Transport.Algorithm, o.Transport.MeshLimit) = (false, algorithm, 2)));
    }
}
