using System.Numerics;
using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Groups of processes give the same bits as groups of threads, through memory and through sockets.</summary>
public sealed class TcpBackendTests
{
    public static TheoryData<int, bool> Worlds
    {
        get
        {
            var data = new TheoryData<int, bool>();
            foreach (var size in new[] { 1, 2, 3, 4, 5, 8 })
            {
                data.Add(size, true);
                data.Add(size, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public async Task AllReduce_AnyLengthAndType_GivesTheBitsOfThreads(int worldSize, bool sharesMemory)
    {
        int[] lengths = [0, 1, 7, 1000, 4097, 100_003];
        await LoopbackRanks.RunAsync(worldSize, sharesMemory, group =>
        {
            foreach (var length in lengths)
            {
                foreach (var operation in Enum.GetValues<ReduceOperation>())
                {
                    Check(group, length, operation, i => (float)i);
                    Check(group, length, operation, i => i);
                    Check(group, length, operation, i => (Half)i);
                    Check(group, length, operation, i => (BFloat16)(float)i);
                    if (operation != ReduceOperation.Average)
                    {
                        Check(group, length, operation, i => (int)(i * 1000));
                        Check(group, length, operation, i => (long)(i * 1000));
                    }
                }
            }
        });
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public async Task ManySegments_SmallRings_GiveTheBitsOfThreads(int worldSize, bool sharesMemory)
        => await LoopbackRanks.RunAsync(
            worldSize,
            sharesMemory,
            group =>
            {
                Check(group, 300_001, ReduceOperation.Sum, i => (float)i);
                Check(group, 123_457, ReduceOperation.Average, i => i);
            },
            options =>
            {
                (options.Transport.SegmentBytes, options.Transport.SharedMemoryBytes, options.Transport.ConnectionsPerPeer) = (4096, 65536, 3);
            });

    [Theory]
    [MemberData(nameof(Worlds))]
    public async Task Moves_EveryKind_PutValuesWhereTheyBelong(int worldSize, bool sharesMemory)
        => await LoopbackRanks.RunAsync(worldSize, sharesMemory, group =>
        {
            for (var round = 0; round < 20; round++)
            {
                CheckMoves(group, 1 + (round * round * 37));
            }
        });

    private static void CheckMoves(ProcessGroup group, int length)
    {
        var (rank, size) = (group.Rank, group.WorldSize);
        int Value(int from, int to, int i) => (from * 1_000_000) + (to * 100_000) + i;

        var all = new int[length * size];
        group.AllGather([.. Enumerable.Range(0, length).Select(i => Value(rank, 0, i))], all.AsSpan());
        Assert.Equal(Enumerable.Range(0, size).SelectMany(r => Enumerable.Range(0, length).Select(i => Value(r, 0, i))), all);

        var counts = Enumerable.Range(0, size).Select(r => r * length / 2).ToArray();
        var uneven = new int[counts.Sum()];
        group.AllGather([.. Enumerable.Range(0, counts[rank]).Select(i => Value(rank, 1, i))], uneven.AsSpan(), counts);
        Assert.Equal(Enumerable.Range(0, size).SelectMany(r => Enumerable.Range(0, counts[r]).Select(i => Value(r, 1, i))), uneven);

        var given = Enumerable.Range(0, length).Select(i => rank == size - 1 ? i : -1).ToArray();
        group.Broadcast(given.AsSpan(), size - 1, "weights");
        Assert.Equal(Enumerable.Range(0, length), given);

        var exchanged = new int[length * size];
        group.AllToAll([.. Enumerable.Range(0, size).SelectMany(to => Enumerable.Range(0, length).Select(i => Value(rank, to, i)))], exchanged.AsSpan());
        Assert.Equal(Enumerable.Range(0, size).SelectMany(from => Enumerable.Range(0, length).Select(i => Value(from, rank, i))), exchanged);

        group.Barrier();
        CheckPairs(group, length);
    }

    private static void CheckPairs(ProcessGroup group, int length)
    {
        var values = new long[length];
        for (var to = 1; to < group.WorldSize; to++)
        {
            if (group.Rank == 0)
            {
                values.AsSpan().Fill(to);
                group.Send<long>(values, to, "message");
            }
            else if (group.Rank == to)
            {
                group.Receive(values.AsSpan(), 0, "message");
                Assert.All(values, v => Assert.Equal(to, v));
            }
        }
    }

    private static void Check<T>(ProcessGroup group, int length, ReduceOperation operation, Func<double, T> convert)
        where T : unmanaged
    {
        var values = Enumerable.Range(0, group.WorldSize).Select(r => Values(r, length, convert)).ToArray();
        var expected = Expected(values, operation);

        var own = values[group.Rank].ToArray();
        group.AllReduce(own.AsSpan(), operation, "gradients");
        AssertBits(expected, own);

        own = [.. values[group.Rank]];
        group.Reduce(own.AsSpan(), group.WorldSize / 2, operation);
        AssertBits(group.Rank == group.WorldSize / 2 ? expected : values[group.Rank], own);

        var counts = Enumerable.Range(0, group.WorldSize).Select(r => r == group.WorldSize - 1 ? length - (length / group.WorldSize * r) : length / group.WorldSize).ToArray();
        var part = new T[counts[group.Rank]];
        group.ReduceScatter<T>(values[group.Rank], part, operation, counts);
        AssertBits(expected.AsSpan(counts[..group.Rank].Sum(), part.Length).ToArray(), part);
    }

    /// <summary>The in-process backend is compared with a scalar reference in its own tests.</summary>
    private static T[] Expected<T>(T[][] values, ReduceOperation operation)
        where T : unmanaged
    {
        var result = Array.Empty<T>();
        ProcessGroup.RunInProcess(values.Length, group =>
        {
            var own = values[group.Rank].ToArray();
            group.AllReduce(own.AsSpan(), operation);
            if (group.Rank == 0)
            {
                result = own;
            }
        });
        return result;
    }

    private static T[] Values<T>(int rank, int length, Func<double, T> convert)
    {
        var random = new Random((rank * 7919) + length);
        return [.. Enumerable.Range(0, length).Select(_ => convert((random.NextDouble() * 4) - 2))];
    }

    private static void AssertBits<T>(T[] expected, T[] found)
        where T : unmanaged
        => Assert.True(MemoryMarshal.AsBytes(expected.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(found.AsSpan())), $"Expected the same {expected.Length} values of {typeof(T).Name}.");
}
