using System.Buffers;
using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Diagnostics;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Distributed.Diagnostics;

/// <summary>What stands in the file of a timeline, and that it can be read whatever happens to the training or the disk.</summary>
public sealed class TimelineTests
{
    private static readonly ArrowTrainingSet Set = SyntheticRows.Create(400, seed: 3);

    [Fact]
    public async Task FitAsync_ReplicasHere_WriteWhatTheyDoNested()
    {
        using var folder = new TempDirectory();
        var options = Options(2, folder.Combine("sub", "run.json"));
        options.Checkpoints.Directory = folder.Combine("checkpoints");
        (await new NetworkTrainer(options).FitAsync(Set)).Dispose();

        var trace = TraceFile.Read(folder.Combine("sub", "run.json"));

        trace.CheckNesting();
        foreach (var rank in new[] { 0, 1 })
        {
            var mine = trace.Events.Where(e => e.Rank == rank).ToList();
            var steps = mine.Where(e => e.Name == "step").ToList();
            Assert.Equal(Enumerable.Range(1, 16), steps.Select(e => e.Step));
            foreach (var phase in new[] { "load", "forward", "backward", "gradients", "optimizer" })
            {
                Assert.All(mine.Where(e => e.Name == phase).Zip(steps), p => Assert.True(p.First.Begin >= p.Second.Begin && p.First.End <= p.Second.End, $"{p}"));
                Assert.Equal(16, mine.Count(e => e.Name == phase));
            }

            Assert.Equal(2, mine.Count(e => e.Name == "validation"));
            Assert.Equal(2, mine.Count(e => e.Name == "checkpoint"));
            Assert.Contains(mine, e => e.Of == "ready" && e.Bucket == 0);
            Assert.Contains(trace.Metadata, m => m.Name == "process_name" && m.Rank == rank && m.Value.StartsWith($"rank {rank} (", StringComparison.Ordinal));
        }

        // In each step one replica comes last to each bucket, and somebody adds it up.
        Assert.Equal(16, trace.Events.Count(e => e.Of == "last to come" && e.Bucket == 0));
        Assert.Equal(16, trace.Events.Count(e => e.Of == "summed" && e.Bucket == 0));
        Assert.Contains(trace.Events, e => e.Name == "sum");
        Assert.Contains(("dropped_events", 0, "0"), trace.Metadata);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void End_RanksNamedInAnyOrder_CountsWhatWasLeftOutUnderTheLowest(int first, int second)
    {
        using var folder = new TempDirectory();
        var bytes = new ArrayBufferWriter<byte>();
        using var text = new TimelineText(bytes);
        text.Begin();
        text.Name(first, "one");
        text.Name(second, "other");
        text.End(3);
        File.WriteAllBytes(folder.Combine("run.json"), bytes.WrittenSpan);

        Assert.Equal(("dropped_events", 0, "3"), TraceFile.Read(folder.Combine("run.json")).Metadata[^1]);
    }

    [Fact]
    public void FitAsync_Group_ShowsThatTransfersBeginBeforeTheBackwardPassEnds()
    {
        using var folder = new TempDirectory();
        ProcessGroup.RunInProcess(2, group =>
        {
            var options = Options(1, folder.Combine("run.json"));
            options.DataParallel.Group = group;

            // A backward pass that takes longer than it takes to wake a thread.
            (options.HiddenLayers, options.BatchSize) = ([1024, 1024, 512], 100);
            new NetworkTrainer(options).FitAsync(SyntheticRows.Create(2000, seed: 3)).GetAwaiter().GetResult().Dispose();
        });

        var parts = new[] { folder.Combine("run.rank-0.json"), folder.Combine("run.rank-1.json") };
        Assert.Equal(0, Timeline.Merge(parts, folder.Combine("whole.json")));
        var trace = TraceFile.Read(folder.Combine("whole.json"));

        trace.CheckNesting();
        var early = 0;
        Assert.Equal(parts.Sum(p => TraceFile.Read(p).Events.Count), trace.Events.Count);
        foreach (var rank in new[] { 0, 1 })
        {
            var mine = trace.Events.Where(e => e.Rank == rank).ToList();
            var calls = mine.Where(e => e.Of?.StartsWith("gradients ", StringComparison.Ordinal) == true).ToList();
            Assert.All(calls, e => Assert.Equal(("AllReduce", 1), (e.Name, e.Thread)));
            var backward = mine.Where(e => e.Name == "backward").ToDictionary(e => e.Step);
            early += calls.Count(e => e.Of == "gradients 0" && e.Begin < backward[e.Step].End);
        }

        Assert.True(early >= 8, $"The first bucket set out before the end of the backward pass in {early} of 32 steps.");

        // Threads of one process have one clock, so an aligned one is nearly right.
        var error = trace.Metadata.Single(m => m is { Name: "clock_error", Rank: 1 }).Value;
        Assert.InRange(double.Parse(error, System.Globalization.CultureInfo.InvariantCulture), 0, 10_000_000);
        var ends = trace.Events.Where(e => e is { Name: "step", Step: 16 }).ToDictionary(e => e.Rank);
        Assert.True(ends[0].Begin < ends[1].End && ends[1].Begin < ends[0].End, "The last steps of the two ranks share no time.");
    }

    [Fact]
    public async Task FitAsync_OneReplicaAlone_WritesSteps()
    {
        using var folder = new TempDirectory();
        (await new NetworkTrainer(Options(1, folder.Combine("run.json"))).FitAsync(Set)).Dispose();

        var trace = TraceFile.Read(folder.Combine("run.json"));

        trace.CheckNesting();
        Assert.Equal(32, trace.Events.Count(e => e.Name == "backward"));
        Assert.DoesNotContain(trace.Events, e => e.Name == "gradients");
    }

    [Fact]
    public async Task FitAsync_SomeSteps_WritesThese()
    {
        using var folder = new TempDirectory();
        var options = Options(2, folder.Combine("run.json"));
        (options.DataParallel.Timeline.FirstStep, options.DataParallel.Timeline.Steps) = (5, 3);
        (await new NetworkTrainer(options).FitAsync(Set)).Dispose();

        var trace = TraceFile.Read(folder.Combine("run.json"));

        Assert.Equal([5, 6, 7], trace.Events.Where(e => e.Name == "step" && e.Rank == 0).Select(e => e.Step));
        Assert.DoesNotContain(trace.Events, e => e.Name == "validation");
    }

    [Fact]
    public async Task FitAsync_Fails_LeavesAFileThatCanBeRead()
    {
        using var folder = new TempDirectory();
        var options = Options(3, folder.Combine("run.json"));
        options.Callbacks.Add(new At(4, () => throw new InvalidTimeZoneException()));

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => new NetworkTrainer(options).FitAsync(Set));

        Assert.Contains(TraceFile.Read(folder.Combine("run.json")).Events, e => e is { Name: "step", Step: 4, Rank: 0 });
    }

    [Fact]
    public async Task FitAsync_ProcessKilled_LeavesAFileThatCanBeRead()
    {
        using var folder = new TempDirectory();
        var path = folder.Combine("run.json");
        using var child = ChildProcess.StartAssembly(Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), "timeline", path);
        string? line;
        do
        {
            line = await child.ReadLineAsync();
            Assert.NotNull(line);
        }
        while (line != "step 1000");

        await child.KillAsync();

        var trace = TraceFile.ReadOpen(path);
        trace.CheckNesting();
        var steps = trace.Events.Count(e => e is { Name: "step", Rank: 0 });
        Assert.True(steps >= 40, $"{steps} steps were written.");
        Assert.InRange(Timeline.Merge([path], folder.Combine("whole.json")), 0, 1);
        Assert.Equal(trace.Events.Count, TraceFile.Read(folder.Combine("whole.json")).Events.Count);
    }

    [Fact]
    public void Merge_WhatCannotBeMerged_SaysSoAndLeavesTheFilesAsTheyWere()
    {
        using var folder = new TempDirectory();
        const string Rank = "[\n{\"name\":\"step\"},\n{\"na";
        var (part, other, whole) = (folder.Combine("run.rank-0.json"), folder.Combine("words.txt"), folder.Combine("whole.json"));
        File.WriteAllText(part, Rank);
        File.WriteAllText(other, "hello world");
        File.WriteAllText(whole, "before");

        var itself = Assert.Throws<ArgumentException>(() => Timeline.Merge([part], Path.Combine(folder.FullName, "sub", "..", "run.rank-0.json")));
        var words = Assert.Throws<InvalidDataException>(() => Timeline.Merge([part, other], whole));
        Assert.Throws<FileNotFoundException>(() => Timeline.Merge([part, folder.Combine("none.json")], whole));

        Assert.StartsWith($"Expected a file that is none of the parts, but found '{part}', which is one.", itself.Message, StringComparison.Ordinal);
        Assert.Equal($"Expected a timeline, whose first line is '[', but found 'hello world' in '{other}'.", words.Message);
        Assert.Equal((Rank, "before"), (File.ReadAllText(part), File.ReadAllText(whole)));
        Assert.Equal(3, Directory.GetFiles(folder.FullName).Length);
    }

    [Fact]
    public void Merge_NoSuchFolder_MakesIt()
    {
        using var folder = new TempDirectory();
        var (part, empty) = (folder.Combine("run.rank-0.json"), folder.Combine("run.rank-1.json"));
        File.WriteAllText(part, "[\n{\"name\":\"step\"},\n{\"na");
        File.WriteAllText(empty, "");

        Assert.Equal(1, Timeline.Merge([part, empty], folder.Combine("new", "whole.json")));

        Assert.Equal("[\n{\"name\":\"step\"}\n]\n", File.ReadAllText(folder.Combine("new", "whole.json")));
    }

    [LinuxFact]
    public async Task FitAsync_DiskIsFull_TrainsOnAndSaysSo()
    {
        var log = new KeptWarnings<NetworkTrainer>();
        using var network = await new NetworkTrainer(Options(2, "/dev/full"), log).FitAsync(Set);

        Assert.Equal(16, network.Steps);
        Assert.Equal(["Training goes on without a timeline, whose file '/dev/full' can no longer be written"], log.Messages.Where(m => m.Contains("timeline", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task FitAsync_NoSuchPlace_TrainsOnAndSaysSo()
    {
        using var folder = new TempDirectory();
        await File.WriteAllTextAsync(folder.Combine("file"), "");
        var log = new KeptWarnings<NetworkTrainer>();
        using var network = await new NetworkTrainer(Options(2, folder.Combine("file", "run.json")), log).FitAsync(Set);

        Assert.Equal(16, network.Steps);
        Assert.Single(log.Messages, m => m.StartsWith("Training goes on without a timeline, whose file", StringComparison.Ordinal));
    }

    [Fact]
    public void NetworkTrainer_SettingsOutOfRange_SaysWhich()
    {
        var options = Options(2, "run.json");
        options.DataParallel.Timeline.Steps = 0;

        Assert.Contains(
            "NetworkOptions.DataParallel.Timeline.Steps must be between 1 and 1000000, but is 0.", Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message, StringComparison.Ordinal);
    }

    // 320 training rows: 8 steps of two replicas, 16 of one, and two epochs.
    private static NetworkOptions Options(int replicas, string path)
    {
        var options = new NetworkOptions { HiddenLayers = [256, 256], BatchSize = 20, MaxEpochs = 2, Seed = 7, LearningRate = 0.005, ValidationShare = 0.2 };
        (options.DataParallel.Replicas, options.DataParallel.Timeline.Path) = (replicas, path);
        (options.DataParallel.FirstBucketBytes, options.DataParallel.BucketBytes) = (4096, 100_000);
        return options;
    }

    private sealed class At(long step, Action act) : INetworkCallback
    {
        public void StepEnded(in NetworkStep ended, NetworkTrainingControl control)
        {
            if (ended.Step == step)
            {
                act();
            }
        }
    }
}
