using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives;

public sealed class ProcessGroupTests
{
    public static TheoryData<string, Action<ProcessGroup>> WrongCalls => new()
    {
        { "Expected values of type float, double, Half, BFloat16, int, long or byte, but found UInt16.", g => g.Broadcast<ushort>(new ushort[1], 0) },
        { "Expected numbers to reduce, but found bytes", g => g.AllReduce<byte>(new byte[1]) },
        { "but found Average, which integers have no exact one of", g => g.AllReduce<int>(new int[1], ReduceOperation.Average) },
        { "Expected a known operation", g => g.AllReduce<float>(new float[1], (ReduceOperation)9) },
        { "Expected a rank of 0 to 1 of group 'world'", g => g.Broadcast<float>(new float[1], 2) },
        { "Expected a rank of 0 to 1 of group 'world'", g => g.Reduce<float>(new float[1], -1) },
        { "Expected another rank than 0, which is this one", g => g.Send<float>(new float[1], 0) },
        { "Expected 2 parts of 2 values, 4 in all, but found 5 in all", g => g.AllGather<float>(new float[2], new float[5]) },
        { "Expected 2 parts of 2 values, 4 in all, but found 3 in all", g => g.ReduceScatter<float>(new float[3], new float[2]) },
        { "Expected 2 lengths of at least 0, but found [1]", g => g.AllGather<float>(new float[1], new float[1], [1]) },
        { "Expected 2 lengths of at least 0, but found [2, -1]", g => g.AllGather<float>(new float[2], new float[1], [2, -1]) },
        { "Expected 1 values as the part of rank 0 and 3 in all, as the lengths say, but found 2 and 3", g => g.AllGather<float>(new float[2], new float[3], [1, 2]) },
        { "Expected as many values to give as to get, a multiple of 2, but found 3 and 3", g => g.AllToAll<float>(new float[3], new float[3]) },
        { "Expected values and result in memory of their own", g => Overlapping(g) },
        { "Expected values outside the result, or at the place of rank 0 in it, which begins at 0, but they overlap elsewhere.", g => Misplaced(g, null) },
        { "Expected values outside the result, or at the place of rank 0 in it, which begins at 0, but they overlap elsewhere.", g => Misplaced(g, [2, 2]) },
        { "Expected values outside the result, or at the place of rank 0 in it", g => Misplaced(g, null, starts: true) },
        { "Expected a time limit above zero", g => g.Barrier(timeout: TimeSpan.Zero) },
        { "Expected different ranks of 0 to 1 with rank 0 among them, or none, but found [1]", g => g.Split([1]) },
        { "but found [0, 0]", g => g.Split([0, 0]) },
        { "Expected at most 2,147,483,647 bytes in a call, but found 2,400,000,000", g => g.AllReduce(Huge()) },
    };

    [Theory]
    [MemberData(nameof(WrongCalls))]
    public void Call_WrongByItself_ThrowsBeforeTheOthersHearOfIt(string sentence, Action<ProcessGroup> call)
    {
        var groups = ProcessGroup.CreateInProcess(2);

        Assert.Contains(sentence, Assert.ThrowsAny<ArgumentException>(() => call(groups[0])).Message, StringComparison.Ordinal);

        ProcessGroup.Run(groups, g => g.Barrier());
        Assert.Null(groups[0].Failure);
    }

    [Fact]
    public void Options_OutOfRange_AreRefusedByName()
    {
        Assert.Contains("ProcessGroupOptions.Timeout", Assert.Throws<ArgumentException>(() => ProcessGroup.CreateInProcess(2, new() { Timeout = TimeSpan.Zero })).Message, StringComparison.Ordinal);
        Assert.Contains("ProcessGroupOptions.Name", Assert.Throws<ArgumentException>(() => ProcessGroup.CreateInProcess(2, new() { Name = "" })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ProcessGroup.CreateInProcess(0));
    }

    [Fact]
    public void Group_OfOneRank_NeedsNobodyElse()
    {
        var group = ProcessGroup.CreateInProcess(1, new() { Name = "alone" })[0];
        float[] values = [1, 2, 3];

        group.AllReduce<float>(values, ReduceOperation.Average);
        group.Barrier();

        Assert.Equal([1, 2, 3], values);
        Assert.Equal((0, 1, "alone", "in-process"), (group.Rank, group.WorldSize, group.Name, group.Backend));
    }

    [Fact]
    public async Task Handle_Awaited_EndsWithTheCall()
    {
        var groups = ProcessGroup.CreateInProcess(2);
        double[] one = [1, 2], other = [10, 20];

        var handle = groups[0].StartAllReduce<double>(one);
        Assert.False(handle.IsCompleted);
        await groups[1].StartAllReduce<double>(other);
        await handle;

        Assert.True(handle.IsCompleted);
        Assert.Equal([11, 22], one);
        Assert.Equal([11, 22], other);
        foreach (var group in groups)
        {
            await group.DisposeAsync();
            await group.DisposeAsync();
        }
    }

    [Fact]
    public void Lists_OfAStartedCall_AreCopied()
    {
        var groups = ProcessGroup.CreateInProcess(2);
        int[] counts = [1, 2], all = new int[3];
        var handle = groups[0].StartAllGather<int>(new[] { 7 }, all, counts);
        counts[0] = 5;

        groups[1].AllGather<int>([8, 9], new int[3], [1, 2]);
        handle.Wait();

        Assert.Equal([7, 8, 9], all);
    }

    [Fact]
    public void Split_Groups_AreNamedAndNumberedByTheirLists()
    {
        ProcessGroup.RunInProcess(4, g =>
        {
            var named = g.Split([3, 2, 1, 0], "reversed")!;
            var unnamed = g.Split(g.Rank < 2 ? [0, 1] : [2, 3])!;

            Assert.Equal(("reversed", 3 - g.Rank, 4), (named.Name, named.Rank, named.WorldSize));
            Assert.Equal(("world/1", g.Rank % 2, 2), (unnamed.Name, unnamed.Rank, unnamed.WorldSize));
            named.Barrier();
            unnamed.Barrier();
        });
    }

    [Fact]
    public void Observer_OfACall_HearsOfWaitAndTransferAndOfWhoCameLast()
    {
        var groups = ProcessGroup.CreateInProcess(2);
        var (heard, waits) = (new RecordingObserver(), new ManualResetEventSlim());
        heard.OnBegun = waits.Set;
        groups[0].Attach(heard);

        ProcessGroup.Run(groups, g =>
        {
            if (g.Rank == 1)
            {
                Assert.True(waits.Wait(TimeSpan.FromMinutes(1)));
            }

            g.AllReduce<float>(new float[50_000], tensor: "bucket");
        });

        Assert.Equal(["begun AllReduce bucket 200000", "met AllReduce bucket", "ended AllReduce bucket "], heard.Events);
        Assert.Contains(heard.LastRank, new[] { 0, 1 });
    }

    [Fact]
    public void Arguments_OutOfRange_AreToldInOneWay()
    {
        var group = ProcessGroup.CreateInProcess(3)[0];

        Assert.StartsWith("Expected a world size of 1 to 1,024, but found 0.", Assert.Throws<ArgumentOutOfRangeException>(() => ProcessGroup.CreateInProcess(0)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected a rank of 0 to 2 of group 'world', but found 3.", Assert.Throws<ArgumentOutOfRangeException>(() => group.Broadcast<float>(new float[1], 3)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected a time limit above zero, but found 0 ms.", Assert.Throws<ArgumentOutOfRangeException>(() => group.Barrier(timeout: TimeSpan.Zero)).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "Expected a time limit above zero, but found Timeout.InfiniteTimeSpan: every wait has a limit.",
            Assert.Throws<ArgumentOutOfRangeException>(() => group.Barrier(timeout: Timeout.InfiniteTimeSpan)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected a reason, as the end of a sentence, but found none.", Assert.Throws<ArgumentException>(() => group.Abort(" ")).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Actual value", Assert.Throws<ArgumentOutOfRangeException>(() => group.Broadcast<float>(new float[1], -1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(new[] { 2, 2, 2 })]
    public void AllGather_ValuesAtTheirOwnPlace_AreGathered(int[]? counts) => ProcessGroup.RunInProcess(3, group =>
    {
        var result = new int[6];
        result.AsSpan(group.Rank * 2, 2).Fill(group.Rank + 1);

        group.AllGather<int>(result.AsSpan(group.Rank * 2, 2), result, counts);

        Assert.Equal([1, 1, 2, 2, 3, 3], result);
    });

    [Fact]
    public void Attach_SeveralObservers_EachHearsUntilItIsDetached()
    {
        var group = ProcessGroup.CreateInProcess(1)[0];
        RecordingObserver[] observers = [new(), new(), new()];
        Array.ForEach(observers, group.Attach);
        group.Barrier();
        group.Detach(observers[1]);
        group.Barrier();
        group.Detach(observers[0]);
        group.Barrier();
        group.Detach(observers[2]);
        group.Barrier();

        Assert.Equal([6, 3, 9], observers.Select(o => o.Events.Count));
    }

    [Fact]
    public void Observer_OfAFailedCall_HearsOfTheFailure()
    {
        var groups = ProcessGroup.CreateInProcess(2);
        var heard = new RecordingObserver();
        groups[0].Attach(heard);
        groups[1].Abort("it was told to");

        Assert.Throws<RankLostException>(() => groups[0].Barrier());

        Assert.Equal(["begun Barrier  0", "ended Barrier  RankLostException"], heard.Events);
    }

    private static void Overlapping(ProcessGroup group)
    {
        var values = new float[6];
        group.AllToAll<float>(values.AsSpan(0, 4), values.AsSpan(2, 4));
    }

    private static void Misplaced(ProcessGroup group, int[]? counts, bool starts = false)
    {
        var result = new float[4];
        if (starts)
        {
            group.StartAllGather<float>(result.AsMemory(2, 2), result, counts);
        }

        group.AllGather<float>(result.AsSpan(1, 2), result, counts);
    }

    // A span longer than its memory; it is refused before it is read.
    private static Span<double> Huge() => System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref (new double[1])[0], 300_000_000);

    private sealed class RecordingObserver : ICollectiveObserver
    {
        public List<string> Events { get; } = [];

        public int LastRank { get; private set; } = -1;

        public Action? OnBegun { get; set; }

        public void Begun(in CollectiveCall call, long byteCount)
        {
            Events.Add($"begun {call.Kind} {call.Tensor} {byteCount}");
            OnBegun?.Invoke();
        }

        public void Met(in CollectiveCall call, int lastRank)
        {
            Events.Add($"met {call.Kind} {call.Tensor}");
            LastRank = lastRank;
        }

        public void Ended(in CollectiveCall call, Exception? failure) => Events.Add($"ended {call.Kind} {call.Tensor} {failure?.GetType().Name}");
    }
}
