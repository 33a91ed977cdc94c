using System.Globalization;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;
using Mlp.Training.Runs;

namespace Mlp.Training.Tests.Runs;

/// <summary>What is left of runs after kills, damage and full disks.</summary>
public sealed class RunDurabilityTests
{
    [Fact]
    public async Task ProcessKilled_FlushedEntries_AreThereAndTheRunIsKilled()
    {
        using var fixture = new TrackerFixture();
        var random = new Random(7);
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartAssembly(Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), "run", fixture.Root, "kills");
            var id = (await child.ReadLineAsync())!["id ".Length..];
            var last = 0L;
            for (var lines = random.Next(0, 20); lines > 0; lines--)
            {
                last = Durable((await child.ReadLineAsync())!);
            }

            Assert.Equal(RunStatus.Running, (await fixture.Tracker.ReadAsync("kills", id)).Status);
            last = (await child.KillAsync()).Select(Durable).Append(last).Max();

            var read = await fixture.Tracker.ReadAsync("kills", id);
            Assert.Equal((RunStatus.Killed, null), (read.Status, read.Problem));
            var steps = read.Metrics.TryGetValue("count", out var points) ? points : [];
            Assert.True(steps.Count >= last, $"{last} steps were on the device, but {steps.Count} were read.");
            Assert.Equal(Enumerable.Range(1, steps.Count).Select(s => ((long)s, s * 0.5)), steps.Select(p => (p.Step, p.Value)));
            Assert.True(read.Artifacts.Count >= last / 50);
            foreach (var artifact in read.Artifacts)
            {
                await artifact.VerifyAsync();
            }
        }

        var runs = await fixture.Tracker.ListAsync("kills");
        Assert.Equal(TestRounds.Count, runs.Count);
        await fixture.Tracker.DeleteAsync("kills", runs[0].Id);
        Assert.Equal(TestRounds.Count - 1, (await fixture.Tracker.ListAsync("kills")).Count);
    }

    [LinuxFact]
    public async Task PowerIsCut_AcknowledgedEntries_AreThere()
    {
        using var folder = new TempDirectory();
        var root = Directory.CreateDirectory(folder.Combine("data")).FullName;
        using var disk = new UnsyncedLossDisk(root);
        var tracker = new RunTracker(new DataDirectory(root, MlPlatformMode.Reader), options: null, timeProvider: null, logger: null, disk);
        await using var run = tracker.Start(new RunDescription("power") { Name = "a" });
        var started = disk.Crash(folder.Combine("started"));
        run.LogMetric("m", 1, 1);
        await run.LogArtifactAsync("plots/x.svg", new MemoryStream([1, 2, 3]));
        run.LogMetric("m", 2, 2);
        await run.FinishAsync();
        var finished = disk.Crash(folder.Combine("finished"));

        Assert.Equal(RunStatus.Killed, (await ReadAsync(started)).Status);
        var read = await ReadAsync(finished);
        Assert.Equal((RunStatus.Finished, null), (read.Status, read.Problem));
        Assert.Equal([1.0, 2.0], read.Metrics["m"].Select(p => p.Value));
        await Assert.Single(read.Artifacts).VerifyAsync();

        static Task<RunRecord> ReadAsync(string directory) => new RunTracker(new DataDirectory(directory, MlPlatformMode.Reader)).ReadAsync("power", "a");
    }

    [Fact]
    public async Task ManyWriters_ReadMeanwhile_EveryRunIsWhole()
    {
        using var fixture = new TrackerFixture();
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            var reads = 0;
            for (; !stop.IsCancellationRequested; reads++)
            {
                foreach (var run in await fixture.Tracker.ListAsync("many"))
                {
                    Assert.Null(run.Problem);
                    Assert.Contains(run.Status, new[] { RunStatus.Running, RunStatus.Finished });
                }
            }

            return reads;
        });
        await Parallel.ForAsync(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (index, _) =>
        {
            await using var run = fixture.Tracker.Start(new RunDescription("many") { Name = $"run-{index}" });
            for (var step = 0; step < 200; step++)
            {
                run.LogMetric("m", index, step);
                if (step % 40 == 0)
                {
                    await run.FlushAsync(CancellationToken.None);
                }
            }

            await run.FinishAsync(CancellationToken.None);
        });
        await stop.CancelAsync();
        Assert.True(await reading > 0);

        var runs = await fixture.Tracker.ListAsync("many");
        Assert.Equal(24, runs.Count);
        Assert.All(runs, run => Assert.Equal(Enumerable.Repeat(double.Parse(run.Name.AsSpan(4), CultureInfo.InvariantCulture), 200), run.Metrics["m"].Select(p => p.Value)));
    }

    [Fact]
    public async Task Start_OneNameManyAtOnce_ExactlyOneWins()
    {
        using var fixture = new TrackerFixture();
        for (var round = 0; round < TestRounds.Count; round++)
        {
            var won = 0;
            await Parallel.ForAsync(0, 8, async (_, _) =>
            {
                try
                {
                    await using var run = fixture.Tracker.Start(new RunDescription("race") { Name = $"round-{round}" });
                    Interlocked.Increment(ref won);
                }
                catch (ArgumentException)
                {
                }
            });
            Assert.Equal(1, won);
        }
    }

    [Fact]
    public async Task ReadAsync_TailCutAtEveryByte_GivesAPrefixAndNoError()
    {
        using var fixture = new TrackerFixture();
        await using (var run = fixture.Tracker.Start(new RunDescription("tail") { Name = "a" }))
        {
            await run.FlushAsync();
            for (var step = 0; step < 5; step++)
            {
                run.LogMetric("m", step, step);
            }

            await run.FinishAsync();
        }

        var path = Path.Combine(fixture.RunFolder("tail", "a"), "0001.mlplog");
        var whole = await File.ReadAllBytesAsync(path);
        var counts = new List<int>();
        for (var length = whole.Length; length >= whole.Length - 300; length--)
        {
            await File.WriteAllBytesAsync(path, whole[..length]);
            var read = await fixture.Tracker.ReadAsync("tail", "a");
            if (read.Problem is null)
            {
                counts.Add(read.Metrics.TryGetValue("m", out var points) ? points.Count : 0);
            }
        }

        Assert.Equal(counts.OrderDescending(), counts);
        Assert.Equal(5, counts[0]);
        Assert.True(counts[^1] < 5);
    }

    [Fact]
    public async Task ReadAsync_DamageInTheMiddle_SaysSoAndGivesWhatStandsBefore()
    {
        using var fixture = new TrackerFixture();
        await using (var run = fixture.Tracker.Start(new RunDescription("damage") { Name = "a" }))
        {
            run.LogMetric("m", 1, 1);
            await run.FlushAsync();
            run.LogMetric("m", 2, 2);
            await run.FlushAsync();
            run.LogMetric("m", 3, 3);
            await run.FinishAsync();
        }

        var path = Path.Combine(fixture.RunFolder("damage", "a"), "0001.mlplog");
        var bytes = await File.ReadAllBytesAsync(path);
        var second = bytes.AsSpan().IndexOf(BitConverter.GetBytes(2.0));
        bytes[second] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        var read = await fixture.Tracker.ReadAsync("damage", "a");

        Assert.Contains("is corrupt at offset", read.Problem, StringComparison.Ordinal);
        Assert.Equal([1.0], read.Metrics["m"].Select(p => p.Value));
    }

    [Fact]
    public async Task ListAsync_DescriptionIsDamagedOrNewer_SaysSoAndReadsTheOthers()
    {
        using var fixture = new TrackerFixture();
        foreach (var name in new[] { "changed", "newer", "whole" })
        {
            await using var run = fixture.Tracker.Start(new RunDescription("damage") { Name = name });
            await run.FinishAsync();
        }

        Replace("changed", "\"experiment\": \"damage\"", "\"experiment\": \"demage\"");
        Replace("newer", "\"formatVersion\": 1", "\"formatVersion\": 2");
        void Replace(string name, string old, string with)
        {
            var path = Path.Combine(fixture.RunFolder("damage", name), "run.json");
            File.WriteAllText(path, File.ReadAllText(path).Replace(old, with, StringComparison.Ordinal));
        }

        var runs = (await fixture.Tracker.ListAsync("damage")).ToDictionary(r => r.Name);

        Assert.Contains("another checksum than it says", runs["changed"].Problem, StringComparison.Ordinal);
        Assert.Contains("written by a newer version of the platform", runs["newer"].Problem, StringComparison.Ordinal);
        Assert.Equal((RunStatus.Finished, null), (runs["whole"].Status, runs["whole"].Problem));
    }

    [SmallDiskFact]
    public async Task LogMetric_DiskIsFull_GoesOnSaysSoOnceAndWritesAllWhenThereIsRoom()
    {
        using var disk = new SmallDisk(2);
        using var fixture = new TrackerFixture(disk.Root);
        await using var run = fixture.Tracker.Start(new RunDescription("full") { Name = "a" });
        run.LogMetric("m", 0, 0);
        await run.FlushAsync();
        disk.Fill();

        for (var step = 1; step <= 2_000; step++)
        {
            run.LogMetric("m", step, step);
            if (step % 500 == 0)
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        var e = await Assert.ThrowsAsync<RunWriteException>(() => run.FinishAsync());
        Assert.StartsWith("Expected the disk to take the entries of the run in '", e.Message, StringComparison.Ordinal);
        Assert.NotNull(run.Failure);
        Assert.Single(fixture.Logged, l => l.Level == LogLevel.Error);

        disk.Free();
        await run.FinishAsync();

        Assert.Null(run.Failure);
        Assert.Equal(0, run.LostEntryCount);
        var read = await fixture.Tracker.ReadAsync("full", "a");
        Assert.Equal((RunStatus.Finished, null), (read.Status, read.Problem));
        Assert.Equal(Enumerable.Range(0, 2_001).Select(s => (double)s), read.Metrics["m"].Select(p => p.Value));
    }

    [SmallDiskFact]
    public async Task LogMetric_DiskStaysFull_CountsWhatIsLost()
    {
        using var disk = new SmallDisk(2);
        using var fixture = new TrackerFixture(disk.Root, new RunTrackerOptions { MaximumWaitingBytes = 4096 });
        await using var run = fixture.Tracker.Start(new RunDescription("full") { Name = "a" });
        run.LogMetric("m", 0, 0);
        await run.FlushAsync();
        disk.Fill();

        for (var step = 1; step <= 1_000; step++)
        {
            run.LogMetric("m", step, step);
        }

        Assert.InRange(run.LostEntryCount, 1, 999);
        disk.Free();
        await run.FlushAsync();
        Assert.Equal(run.LostEntryCount, (await Assert.ThrowsAsync<RunWriteException>(() => run.FinishAsync())).LostEntryCount);

        var read = await fixture.Tracker.ReadAsync("full", "a");
        Assert.Equal((RunStatus.Finished, run.LostEntryCount), (read.Status, read.LostEntryCount));
        Assert.Equal(1_001, read.Metrics["m"].Count + read.LostEntryCount);
    }

    [SmallDiskFact]
    public async Task Start_DiskIsReadOnly_IsASentenceAndRunsCanBeRead()
    {
        using var disk = new SmallDisk(2);
        using var fixture = new TrackerFixture(disk.Root);
        await using (var run = fixture.Tracker.Start(new RunDescription("read-only") { Name = "a" }))
        {
            await run.FinishAsync();
        }

        disk.SetReadOnly(true);
        var e = Assert.Throws<DataDirectoryUnusableException>(() => fixture.Tracker.Start(new RunDescription("read-only")));

        Assert.StartsWith("Expected a writable folder for runs at '", e.Message, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Finished, (await fixture.Tracker.ReadAsync("read-only", "a")).Status);
    }

    private static long Durable(string line) => long.Parse(line.AsSpan("durable ".Length), CultureInfo.InvariantCulture);
}
