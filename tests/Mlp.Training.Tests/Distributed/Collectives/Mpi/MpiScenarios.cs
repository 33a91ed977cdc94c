using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Mpi;
using Mlp.Training.Tests.Distributed.Collectives.InProcess;

namespace Mlp.Training.Tests.Distributed.Collectives.Mpi;

/// <summary>What can go right and wrong among ranks that mpirun has started; every rank calls the same. What fails does so in a group of the first three ranks, so that the world goes on.</summary>
internal static class MpiScenarios
{
    /// <summary>The limit of a call to which one rank does not come; the others come well within it.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    /// <summary>Runs a scenario.</summary>
    public static void Run(string name, ProcessGroup world)
    {
        switch (name)
        {
            case "mismatch":
                foreach (var row in InProcessMismatchTests.Differences)
                {
                    InThree(world, g => Mismatch(g, (Action<ProcessGroup>)row[1], (Action<ProcessGroup>)row[2], (string)row[3]));
                }

                break;
            case "message":
                InThree(world, MessageOfAnotherLength);
                InThree(world, MessageToOneThatWaitsForAll);
                break;
            case "given up":
                GiveUpWhatEndsLater();
                break;
            case "late":
                InThree(world, g => Late(g, world));
                break;
            case "leave":
                InThree(world, Leave);
                InThree(world, LeaveAfterGiving);
                break;
            case "abort":
                InThree(world, Abort);
                break;
            case "cancel":
                InThree(world, Cancel);
                break;
            case "signals":
                // .NET learns of these by the signals SIGSEGV and SIGFPE, which MPI libraries may want too.
                Assert.Throws<NullReferenceException>(() => Faulty<string>().Length);
                Assert.Throws<DivideByZeroException>(() => world.WorldSize / Faulty<int>());
                break;
            default:
                throw new ArgumentException($"Expected a scenario, but found '{name}'.");
        }

        world.Barrier(name);
    }

    /// <summary>Sums of reproducible values.</summary>
    public static string Sum(ProcessGroup group)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var length in new[] { 3, 5000, 3_000_000 })
        {
            var random = new Random((group.Rank * 31) + length);
            var values = Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f).ToArray();
            group.AllReduce(values.AsSpan());
            hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>MPI's own reductions, of numbers whose sums are exact in any order.</summary>
    public static void Reductions(ProcessGroup group)
    {
        foreach (var length in new[] { 1, 40, 300, 20_000 })
        {
            foreach (var operation in Enum.GetValues<ReduceOperation>())
            {
                Reductions<float>(group, length, operation);
                Reductions<double>(group, length, operation);
                Reductions<Half>(group, length, operation);
                if (operation != ReduceOperation.Average)
                {
                    Reductions<int>(group, length, operation);
                    Reductions<long>(group, length, operation);
                }
            }
        }
    }

    private static void Reductions<T>(ProcessGroup group, int length, ReduceOperation operation)
        where T : unmanaged, INumber<T>
    {
        var size = group.WorldSize;
        T[][] all = [.. Enumerable.Range(0, size).Select(r => Enumerable.Range(0, length * size).Select(i => T.CreateChecked((i % 5) + r - 1)).ToArray())];
        var expected = ScalarReference.Reduce(all, operation);
        var values = (T[])all[group.Rank].Clone();
        group.AllReduce(values.AsSpan(), operation);
        Assert.True(expected.AsSpan().SequenceEqual(values));

        var part = new T[length];
        group.ReduceScatter<T>(all[group.Rank], part, operation);
        Assert.True(expected.AsSpan(length * group.Rank, length).SequenceEqual(part));

        values = (T[])all[group.Rank].Clone();
        group.Reduce(values.AsSpan(), size - 1, operation);
        Assert.True((group.Rank == size - 1 ? expected : all[group.Rank]).AsSpan().SequenceEqual(values));
    }

    private static void InThree(ProcessGroup world, Action<ProcessGroup> program)
    {
        var group = world.Split(world.Rank < 3 ? [0, 1, 2] : [], "world");
        if (group is not null)
        {
            program(group);
            group.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static void Mismatch(ProcessGroup group, Action<ProcessGroup> call, Action<ProcessGroup> other, string sentence)
    {
        var failure = Assert.Throws<CollectiveMismatchException>(() =>
        {
            group.Barrier();
            (group.Rank == 2 ? other : call)(group);
            group.Barrier();
        });
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
        Assert.Contains(2, failure.Ranks);
        Assert.Equal(failure.Message, Assert.Throws<CollectiveMismatchException>(() => group.Barrier()).Message);
    }

    private static void MessageOfAnotherLength(ProcessGroup group)
    {
        if (group.Rank == 2)
        {
            return;
        }

        var failure = Assert.Throws<CollectiveMismatchException>(() =>
        {
            if (group.Rank == 0)
            {
                group.Send<float>(new float[3], 1, "m");
            }
            else
            {
                group.Receive<float>(new float[4], 0, "m");
            }
        });
        Assert.Equal(
            "Expected rank 1 to receive what rank 0 sends, but the length is 3 in Send of 'm' (call 0 to rank 1 of group 'world') and 4 in Receive of 'm' (call 0 from rank 0 of group 'world').",
            failure.Message);
    }

    private static void MessageToOneThatWaitsForAll(ProcessGroup group)
    {
        // A rank that is late learns of it in the first call.
        Assert.Throws<CollectiveMismatchException>(() =>
        {
            group.Barrier();
            if (group.Rank == 0)
            {
                group.Send<float>(new float[3], 1);
            }
            else
            {
                group.Barrier();
            }
        });
    }

    /// <summary>Requests that end after their call has failed do not keep MPI from ending well.</summary>
    private static void GiveUpWhatEndsLater()
    {
        var looks = 0;
        MpiProcess.StartAsync(new(), null).GetAwaiter().GetResult().LeaveUnfinished(() => ++looks > 3);
    }

    private static void Late(ProcessGroup group, ProcessGroup world)
    {
        group.Barrier();
        if (group.Rank == 1)
        {
            world.Receive(new int[1].AsSpan(), 0);
            Assert.Equal([1], Assert.Throws<CollectiveTimeoutException>(() => group.Barrier()).Ranks);
            return;
        }

        var failure = Assert.Throws<CollectiveTimeoutException>(() => group.AllReduce<float>(new float[100_000], tensor: "w", timeout: Short));
        Assert.Equal("Expected 3 ranks at AllReduce of 'w' (call 1 of group 'world') within 5 s, but rank 1 did not come.", failure.Message);
        Assert.Equal([1], failure.Ranks);
        if (group.Rank == 0)
        {
            world.Send<int>(new int[1], 1);
        }
    }

    private static void Leave(ProcessGroup group)
    {
        group.AllReduce<float>(new float[10]);
        if (group.Rank != 2)
        {
            var failure = Assert.Throws<RankLostException>(() => group.Barrier("after"));
            Assert.Equal("Expected rank 2 at Barrier of 'after' (call 1 of group 'world'), but it is gone: it left the group.", failure.Message);
        }
    }

    private static void LeaveAfterGiving(ProcessGroup group)
    {
        var values = new int[200_000];
        values.AsSpan().Fill(group.Rank == 1 ? 7 : 0);
        group.Broadcast(values.AsSpan(), 1);
        Assert.All(values, v => Assert.Equal(7, v));
    }

    private static void Abort(ProcessGroup group)
    {
        if (group.Rank == 1)
        {
            group.Abort("its disk is full");
        }

        Assert.Equal("Rank 1 of group 'world' is gone: its disk is full.", Assert.Throws<RankLostException>(() => group.Barrier()).Message);
    }

    private static void Cancel(ProcessGroup group)
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        if (group.Rank == 1)
        {
            Assert.Throws<OperationCanceledException>(() => group.AllReduce<float>(new float[5], tensor: "w", cancellationToken: cancellation.Token));
            return;
        }

        if (group.Rank == 0)
        {
            var failure = Assert.Throws<RankLostException>(() => group.AllReduce<float>(new float[5], tensor: "w"));
            Assert.Equal("Expected rank 1 at AllReduce of 'w' (call 0 of group 'world'), but it is gone: it cancelled the call.", failure.Message);
        }
    }

    private static T Faulty<T>() => default!;
}
