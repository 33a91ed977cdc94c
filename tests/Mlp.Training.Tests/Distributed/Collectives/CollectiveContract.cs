using FsCheck;
using FsCheck.Xunit;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives;

/// <summary>What every backend must do, held against scalar code, to the bit. A backend's tests derive from it and say how a group is run.</summary>
public abstract class CollectiveContract
{
    private const int Cases = 25;

    /// <summary>The greatest world size that cases are made of.</summary>
    protected virtual int MaximumWorldSize => 8;

    /// <summary>Runs a program on ranks in deterministic mode, and throws what they throw.</summary>
    protected abstract void Run(int worldSize, Action<ProcessGroup> program);

    [Property(MaxTest = Cases)]
    public void AllReduce_RandomShapesTypesAndRanks_AreTheScalarReductionToTheBit(DoNotSize<int> seed) => OfAnyType(new AllReduceCheck(this), seed.Item);

    [Property(MaxTest = Cases)]
    public void Reduce_RandomShapesTypesAndRanks_OnlyTheRootHasTheReduction(DoNotSize<int> seed) => OfAnyType(new ReduceCheck(this), seed.Item);

    [Property(MaxTest = Cases)]
    public void ReduceScatter_EqualParts_EachRankHasItsPart(DoNotSize<int> seed) => OfAnyType(new ReduceScatterCheck(this), seed.Item);

    [Property(MaxTest = Cases)]
    public void ReduceScatter_UnequalParts_EachRankHasItsPart(DoNotSize<int> seed) => OfAnyType(new UnevenReduceScatterCheck(this), seed.Item);

    [Property(MaxTest = Cases)]
    public void Moves_RandomShapesTypesAndRanks_BringEveryValueToItsPlace(DoNotSize<int> seed)
    {
        var number = CollectiveCase.From(seed.Item, MaximumWorldSize);
        switch ((uint)seed.Item % 3)
        {
            case 0:
                CheckMoves<byte>(number);
                break;
            case 1:
                CheckMoves<BFloat16>(number);
                break;
            default:
                CheckMoves<double>(number);
                break;
        }
    }

    [Property(MaxTest = Cases)]
    public void Messages_RoundTheRing_Arrive(DoNotSize<int> seed)
    {
        var number = CollectiveCase.From(seed.Item, MaximumWorldSize);
        var all = number.All<float>();
        Run(number.WorldSize, g =>
        {
            var received = new float[number.Length];
            for (var turn = 0; turn < 3 && g.WorldSize > 1; turn++)
            {
                var (to, from) = ((g.Rank + 1) % g.WorldSize, (g.Rank + g.WorldSize - 1) % g.WorldSize);
                if (g.Rank == 0)
                {
                    g.Send<float>(all[0], to, "ring");
                    g.Receive(received.AsSpan(), from, "ring");
                }
                else
                {
                    g.Receive(received.AsSpan(), from, "ring");
                    g.Send<float>(all[g.Rank], to, "ring");
                }

                Same(all[from], received);
            }
        });
    }

    [Property(MaxTest = Cases)]
    public void Splits_SubgroupsAtTheSameTime_ReduceAmongThemselves(DoNotSize<int> seed)
    {
        var number = CollectiveCase.From(seed.Item, MaximumWorldSize);
        var all = number.All<int>();
        Run(number.WorldSize, g =>
        {
            int[] mine = [.. Enumerable.Range(0, g.WorldSize).Where(r => r % 2 == g.Rank % 2).Reverse()];
            var isOut = g.Rank == g.WorldSize - 1 && g.WorldSize > 2;
            mine = isOut ? [] : [.. mine.Where(r => r != g.WorldSize - 1 || g.WorldSize <= 2)];
            var part = g.Split(mine);
            Assert.Equal(isOut, part is null);
            if (part is not null)
            {
                Assert.Equal(g.Rank, mine[part.Rank]);
                var values = (int[])all[g.Rank].Clone();
                part.AllReduce<int>(values);
                Same(ScalarReference.Reduce([.. mine.Select(r => all[r])], ReduceOperation.Sum), values);
                part.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }

            g.Barrier();
        });
    }

    [Property(MaxTest = Cases)]
    public void Starts_ManyAtOnceMixedWithDirectCalls_RunInTheOrderInWhichTheyWereMade(DoNotSize<int> seed)
    {
        var number = CollectiveCase.From(seed.Item, MaximumWorldSize);
        Run(number.WorldSize, g =>
        {
            var buffers = Enumerable.Range(0, 6).Select(i => Enumerable.Repeat((long)(g.Rank + i), number.Length + i).ToArray()).ToArray();
            var handles = buffers.Select((b, i) => g.StartAllReduce(b.AsMemory(), ReduceOperation.Sum, $"bucket {i}")).ToArray();
            long[] direct = [g.Rank];
            g.AllReduce<long>(direct, ReduceOperation.Maximum, "direct");
            Assert.All(handles, h => Assert.True(h.IsCompleted));
            Array.ForEach(handles, h => h.Wait());
            Assert.Equal(g.WorldSize - 1, direct[0]);
            var ranks = (long)g.WorldSize * (g.WorldSize - 1) / 2;
            for (var i = 0; i < buffers.Length; i++)
            {
                Assert.All(buffers[i], v => Assert.Equal(ranks + (i * g.WorldSize), v));
            }
        });
    }

    private static void Same<T>(T[] expected, T[] actual)
        where T : unmanaged => Assert.True(ScalarReference.AreSame<T>(expected, actual), $"Expected the values of the scalar code, but found others ({typeof(T).Name}, {expected.Length} values).");

    private void OfAnyType(ITypedCheck check, int seed)
    {
        var number = CollectiveCase.From(seed, MaximumWorldSize);
        switch ((uint)seed % 6)
        {
            case 0:
                check.Run<float>(number);
                break;
            case 1:
                check.Run<double>(number);
                break;
            case 2:
                check.Run<Half>(number);
                break;
            case 3:
                check.Run<BFloat16>(number);
                break;
            case 4:
                check.Run<int>(WithoutAverage(number));
                break;
            default:
                check.Run<long>(WithoutAverage(number));
                break;
        }
    }

    private static CollectiveCase WithoutAverage(CollectiveCase number) => number with { Operation = number.Operation == ReduceOperation.Average ? ReduceOperation.Sum : number.Operation };

    private void CheckMoves<T>(CollectiveCase number)
        where T : unmanaged
    {
        var (all, counts, root) = (number.All<T>(), number.Counts(), (number.Seed & 0xFF) % number.WorldSize);
        var uneven = number.All<T>(counts);
        var part = number.Length / number.WorldSize;
        Run(number.WorldSize, g =>
        {
            var gathered = new T[number.Length * g.WorldSize];
            g.AllGather<T>(all[g.Rank], gathered);
            Same([.. all.SelectMany(v => v)], gathered);

            var inPlace = new T[counts.Sum()];
            var own = inPlace.AsSpan(counts[..g.Rank].Sum(), counts[g.Rank]);
            uneven[g.Rank].CopyTo(own);
            g.AllGather<T>(own, inPlace, counts);
            Same([.. uneven.SelectMany(v => v)], inPlace);

            var parts = g.AllGatherUneven<T>(uneven[g.Rank]);
            for (var rank = 0; rank < g.WorldSize; rank++)
            {
                Same(uneven[rank], parts[rank]);
            }

            var given = (T[])all[g.Rank].Clone();
            g.Broadcast(given.AsSpan(), root);
            Same(all[root], given);

            var exchanged = new T[part * g.WorldSize];
            g.AllToAll<T>(all[g.Rank].AsSpan(0, part * g.WorldSize), exchanged);
            Same([.. all.SelectMany(v => v[(part * g.Rank)..(part * (g.Rank + 1))])], exchanged);
        });
    }

    private interface ITypedCheck
    {
        void Run<T>(CollectiveCase number)
            where T : unmanaged;
    }

    private sealed class AllReduceCheck(CollectiveContract contract) : ITypedCheck
    {
        public void Run<T>(CollectiveCase number)
            where T : unmanaged
        {
            var all = number.All<T>();
            var expected = ScalarReference.Reduce(all, number.Operation);
            contract.Run(number.WorldSize, g =>
            {
                var values = (T[])all[g.Rank].Clone();
                g.AllReduce(values.AsSpan(), number.Operation);
                Same(expected, values);
            });
        }
    }

    private sealed class ReduceCheck(CollectiveContract contract) : ITypedCheck
    {
        public void Run<T>(CollectiveCase number)
            where T : unmanaged
        {
            var (all, root) = (number.All<T>(), (number.Seed & 0xFF) % number.WorldSize);
            var expected = ScalarReference.Reduce(all, number.Operation);
            contract.Run(number.WorldSize, g =>
            {
                var values = (T[])all[g.Rank].Clone();
                g.Reduce(values.AsSpan(), root, number.Operation);
                Same(g.Rank == root ? expected : all[g.Rank], values);
            });
        }
    }

    private sealed class ReduceScatterCheck(CollectiveContract contract) : ITypedCheck
    {
        public void Run<T>(CollectiveCase number)
            where T : unmanaged
        {
            var part = number.Length / number.WorldSize;
            var all = number.All<T>(part * number.WorldSize);
            var expected = ScalarReference.Reduce(all, number.Operation);
            contract.Run(number.WorldSize, g =>
            {
                var result = new T[part];
                g.ReduceScatter<T>(all[g.Rank], result, number.Operation);
                Same(expected[(part * g.Rank)..(part * (g.Rank + 1))], result);
            });
        }
    }

    private sealed class UnevenReduceScatterCheck(CollectiveContract contract) : ITypedCheck
    {
        public void Run<T>(CollectiveCase number)
            where T : unmanaged
        {
            var counts = number.Counts();
            var all = number.All<T>(counts.Sum());
            var (expected, before) = (ScalarReference.Reduce(all, number.Operation), all.Select(v => (T[])v.Clone()).ToArray());
            contract.Run(number.WorldSize, g =>
            {
                var result = new T[counts[g.Rank]];
                g.ReduceScatter<T>(all[g.Rank], result, number.Operation, counts);
                var start = counts[..g.Rank].Sum();
                Same(expected[start..(start + counts[g.Rank])], result);
                Same(before[g.Rank], all[g.Rank]);
            });
        }
    }
}
