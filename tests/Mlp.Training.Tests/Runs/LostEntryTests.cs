using System.Globalization;
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
        // Such a file is left by a disk that refused the flush and the cut back to what was flushed before.
        await using (var run = _fixture.Tracker.Start(new RunDescription("twice") { Name = "a" }))
        {
            run.LogMetric("m", 1, 1);
            run.LogMetric("m", 2, 2);
            await run.FlushAsync();
            File.Copy(Path.Combine(_fixture.RunFolder("twice", "a"), "0001.mlplog"), Path.Combine(_fixture.RunFolder("twice", "a"), "0002.mlplog"));
            run.LogMetric("m", 3, 3);
            await run.FinishAsync();
        }

        var read = await _fixture.Tracker.ReadAsync("twice", "a");
        Assert.Equal((RunStatus.Finished, null), (read.Status, read.Problem));
        Assert.Equal([1.0, 2.0, 3.0], read.Metrics["m"].Select(p => p.Value));
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
}
