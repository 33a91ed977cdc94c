using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;
using Mlp.Training.Runs;

namespace Mlp.Training.Tests.Runs;

/// <summary>A healthy disk loses nothing; what a sick one loses is said, and can be read afterwards.</summary>
public sealed class LostEntryTests : IDisposable
{
    private readonly TrackerFixture _fixture = new(options: new RunTrackerOptions { MaximumWaitingBytes = 4096, CommitInterval = TimeSpan.FromMinutes(1) });

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task FinishAsync_EntriesWereLost_SaysSoAndTheRunHasItsEndAndTheirNumber()
    {
        long lost;
        await using (var run = _fixture.Tracker.Start(new RunDescription("lost") { Name = "a" }))
        {
            using (Refuse("lost", "a"))
            {
                for (var step = 0; step < 1_000; step++)
                {
                    run.LogMetric("m", step, step);
                }

                var refused = await Assert.ThrowsAsync<RunWriteException>(() => run.FinishAsync());
                Assert.True(refused.IsTransient);
            }

            lost = run.LostEntryCount;
            Assert.InRange(lost, 1, 999);
            for (var call = 0; call < 2; call++)
            {
                var e = await Assert.ThrowsAsync<RunWriteException>(() => run.FinishAsync());
                Assert.Equal((lost, false), (e.LostEntryCount, e.IsTransient));
                Assert.Matches($"^Expected all entries of the run in '.*a' on the device, but {lost} of them are lost: the disk refused them for too long. The others, and the end, are there.$", e.Message);
            }
        }

        var read = await _fixture.Tracker.ReadAsync("lost", "a");
        Assert.Equal((RunStatus.Finished, lost, null), (read.Status, read.LostEntryCount, read.Problem));
        Assert.Equal(1_000, read.Metrics["m"].Count + lost);
    }

    [Fact]
    public async Task ReadAsync_KilledAfterALossThatTheDiskGotOver_TellsTheLoss()
    {
        // The end is not written: what says how much is lost comes with the next entries that the disk takes.
        await using var run = _fixture.Tracker.Start(new RunDescription("lost") { Name = "a" });
        using (Refuse("lost", "a"))
        {
            for (var step = 0; step < 1_000; step++)
            {
                run.LogMetric("m", step, step);
            }
        }

        await run.FlushAsync();

        var read = await _fixture.Tracker.ReadAsync("lost", "a");
        Assert.Equal((RunStatus.Running, run.LostEntryCount), (read.Status, read.LostEntryCount));
        Assert.Equal(1_000, read.Metrics["m"].Count + read.LostEntryCount);
    }

    [Fact]
    public async Task LogParameter_LongerThanTheMemoryForEntries_IsRefusedAtOnce()
    {
        await using (var run = _fixture.Tracker.Start(new RunDescription("long") { Name = "a" }))
        {
            var e = Assert.Throws<ArgumentException>(() => run.LogParameter("config", new string('x', 5_000)));
            Assert.Matches("^Expected the parameter 'config' to take up to 4096 bytes in the run, but found 5[0-9]{3}: keep it as an artifact, or raise RunTrackerOptions.MaximumWaitingBytes.", e.Message);
            Assert.Throws<ArgumentException>(() => run.SetTag("config", new string('x', 5_000)));
            await Assert.ThrowsAsync<ArgumentException>(() => run.LogArtifactAsync(string.Join('/', Enumerable.Repeat(new string('x', 90), 50)), new MemoryStream([1])));

            run.LogParameter("config", "short");
            await run.FailAsync(new string('x', 50_000));
            Assert.Equal(0, run.LostEntryCount);
        }

        var read = await _fixture.Tracker.ReadAsync("long", "a");
        Assert.Equal((RunStatus.Failed, 10_003), (read.Status, read.Reason!.Length));
        Assert.Equal("short", read.Parameters["config"]);
        Assert.Empty(read.Tags);
        Assert.Empty(read.Artifacts);
    }

    [Fact]
    public async Task LogMetric_ManyThreadsFasterThanTheDisk_LoseNothing()
    {
        await using (var run = _fixture.Tracker.Start(new RunDescription("fast") { Name = "a" }))
        {
            Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
            {
                for (var step = 0; step < 4_000; step++)
                {
                    run.LogMetric(string.Create(CultureInfo.InvariantCulture, $"m{thread}"), step, step);
                }
            });
            await run.FinishAsync();
            Assert.Equal(0, run.LostEntryCount);
        }

        var read = await _fixture.Tracker.ReadAsync("fast", "a");
        Assert.Equal(8, read.Metrics.Count);
        Assert.All(read.Metrics.Values, points => Assert.Equal(Enumerable.Range(0, 4_000).Select(s => (long)s), points.Select(p => p.Step)));
    }

    [Fact]
    public async Task LogMetric_DiskRefusedOnce_IsTriedAgainAfterEachInterval()
    {
        await using var run = _fixture.Tracker.Start(new RunDescription("again") { Name = "a" });
        using (Refuse("again", "a"))
        {
            run.LogMetric("m", 1, 1);
            _fixture.Time.Advance(TimeSpan.FromMinutes(1));
            Assert.NotNull(run.Failure);
            _fixture.Time.Advance(TimeSpan.FromMinutes(1));
        }

        _fixture.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(run.Failure);
        Assert.Equal(1, (await _fixture.Tracker.ReadAsync("again", "a")).GetMetric("m"));
    }

    [Fact]
    public async Task ReadAsync_EntriesThatStandInTwoSegments_CountOnce()
    {
        var disk = new RefusingDisk();
        var tracker = new RunTracker(new DataDirectory(_fixture.Root, MlPlatformMode.Reader), options: null, timeProvider: null, logger: null, disk);
        await using (var run = tracker.Start(new RunDescription("twice") { Name = "a" }))
        {
            run.LogMetric("m", 0, 0);
            await run.FlushAsync();
            run.LogMetric("m", 1, 1);
            run.LogParameter("p", "x");
            disk.Refuses = true;
            await Assert.ThrowsAsync<RunWriteException>(() => run.FlushAsync());
            disk.Refuses = false;
            run.LogMetric("m", 2, 2);
            await run.FinishAsync();
        }

        // The first time the bytes reached the file, and only the flush failed.
        var segments = Directory.GetFiles(_fixture.RunFolder("twice", "a"), "*.mlplog").Order().Select(File.ReadAllBytes).ToArray();
        Assert.Equal(2, segments.Length);
        Assert.All(segments, s => Assert.True(s.AsSpan().IndexOf(BitConverter.GetBytes(1.0)) > 0));
        var read = await tracker.ReadAsync("twice", "a");
        Assert.Equal((RunStatus.Finished, null), (read.Status, read.Problem));
        Assert.Equal([0.0, 1.0, 2.0], read.Metrics["m"].Select(p => p.Value));
    }

    private Returned Refuse(string experiment, string name) => new(_fixture.RunFolder(experiment, name));

    /// <summary>A folder that is elsewhere, so that nothing can be written to it, until this is disposed of.</summary>
    private sealed class Returned : IDisposable
    {
        private readonly string _path;

        public Returned(string path)
        {
            _path = path;
            Directory.Move(path, path + "-away");
        }

        public void Dispose() => Directory.Move(_path + "-away", _path);
    }

    private sealed class RefusingDisk : IDiskSync
    {
        public volatile bool Refuses;

        public void SyncFile(SafeFileHandle handle, string path)
        {
            if (Refuses)
            {
                throw new IOException("The device refuses.");
            }

            DiskSync.Instance.SyncFile(handle, path);
        }

        public void SyncFile(string path) => DiskSync.Instance.SyncFile(path);

        public void SyncDirectory(string path) => DiskSync.Instance.SyncDirectory(path);
    }
}
