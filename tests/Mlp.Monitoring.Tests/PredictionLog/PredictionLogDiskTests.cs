using Apache.Arrow;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

/// <summary>Disks that are full or cannot be written, and clocks that go back: counted, said, and the log goes on.</summary>
public sealed class PredictionLogDiskTests
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(4);

    [SmallDiskFact]
    public async Task FlushAsync_DiskFullAndFreedAgain_CountsWhatIsLostAndGoesOn()
    {
        using var disk = new SmallDisk(4);
        await using var log = Open(disk);
        var sink = log.Attach(TestModels.Serve(Layout))!;
        await RecordAsync(log, sink, 0, 100);
        disk.Fill();

        await Assert.ThrowsAsync<IOException>(() => RecordAsync(log, sink, 100, 5_000));
        var full = log.Statistics.Single();
        Assert.Equal(full.Accepted, full.Written + full.Dropped);
        Assert.True(full.DroppedBy[DropReason.Disk] > 0);
        Assert.Equal(HealthStatus.Unhealthy, log.CheckHealth().Status);

        disk.Free();
        await RecordAsync(log, sink, 10_000, 100);
        var counts = log.Statistics.Single();
        Assert.Equal(full.Written + 100, counts.Written);
        Assert.Equal(HealthStatus.Healthy, log.CheckHealth().Status);
        var numbers = await ReadAsync(disk);
        Assert.Equal(counts.Written, numbers.Count);
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        Assert.Empty(Enumerable.Range(0, 100).Concat(Enumerable.Range(10_000, 100)).Except(numbers));
    }

    [SmallDiskFact]
    public async Task FlushAsync_ReadOnlyFolder_CountsWhatIsLostAndGoesOn()
    {
        using var disk = new SmallDisk(4);
        disk.SetReadOnly(true);
        await using var log = Open(disk);
        var sink = log.Attach(TestModels.Serve(Layout))!;

        await Assert.ThrowsAsync<IOException>(() => RecordAsync(log, sink, 0, 100));
        Assert.Equal(100, log.Statistics.Single().DroppedBy[DropReason.Disk]);
        Assert.Equal(HealthStatus.Unhealthy, log.CheckHealth().Status);

        disk.SetReadOnly(false);
        await RecordAsync(log, sink, 100, 50);
        Assert.Equal(Enumerable.Range(100, 50), await ReadAsync(disk));
        Assert.Equal(HealthStatus.Healthy, log.CheckHealth().Status);
    }

    [SmallDiskFact]
    public async Task RunAsync_DiskFull_KeepsTheSegmentAndCompactsWhenThereIsRoom()
    {
        using var disk = new SmallDisk(4);
        await using var log = Open(disk);
        var sink = log.Attach(TestModels.Serve(Layout))!;
        await RecordAsync(log, sink, 0, 1_000);
        (sink as IDisposable)!.Dispose();
        await log.FlushAsync(null, CancellationToken.None);
        using var work = new TempDirectory();
        using var maintenance = new LogMaintenance(
            new DataDirectory(disk.Root, MlPlatformMode.Owner),
            log,
            new MaintenanceConfiguration(Compacts: true, null, null, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)),
            PredictionLogReader.DuckDbOf(work.FullName),
            DiskSync.Instance,
            TimeProvider.System,
            NullLogger<LogMaintenance>.Instance);
        disk.Fill();

        await maintenance.RunAsync(CancellationToken.None);
        Assert.Equal((0, 1), (maintenance.Statistics.Compacted, maintenance.Statistics.Failed));
        Assert.Equal(Enumerable.Range(0, 1_000), await ReadAsync(disk));

        disk.Free();
        await maintenance.RunAsync(CancellationToken.None);
        Assert.Equal(1, maintenance.Statistics.Compacted);
        Assert.Equal(Enumerable.Range(0, 1_000), await ReadAsync(disk));
        Assert.Single(Directory.GetFiles(Path.Combine(disk.Root, "predictions", "tips")));
    }

    [Fact]
    public async Task Record_DiskThatKeepsRefusing_IsTriedAgainAfterOneSecondAndThenTwo()
    {
        var disk = new RecordingDiskSync { OnSync = RefuseSegments };
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000));
        await using var log = new LogHarness(disk, timeProvider: time);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        LogHarness.Record(sink, rows, 0, 1, 0.5);
        await Assert.ThrowsAsync<IOException>(log.FlushAsync);
        Assert.Empty(log.Segments);

        // Taken out at the end of the first wait, and lost.
        LogHarness.Record(sink, rows, 0, 2, 0.5);
        await TickAsync(time, 19);
        Assert.Equal(1, log.Statistics.Pending);
        await UntilAsync(time, () => log.Statistics.Dropped == 2);
        Assert.Empty(log.Segments);

        // Outlasts the second wait.
        LogHarness.Record(sink, rows, 0, 3, 0.5);
        await TickAsync(time, 38);
        Assert.Equal(1, log.Statistics.Pending);
        disk.OnSync = null;
        await UntilAsync(time, () => log.Statistics.Written == 1);
        Assert.Equal(2, log.Statistics.DroppedBy[DropReason.Disk]);
    }

    [Fact]
    public async Task Record_ClockGoesBack_IsCountedAndNothingIsLost()
    {
        var noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var time = new FakeTimeProvider(noon);
        using var folder = new TempDirectory();
        foreach (var start in new[] { noon, noon.AddHours(-3) })
        {
            await using var log = Open(folder.FullName, start == noon ? time : new FakeTimeProvider(start));
            var sink = log.Attach(TestModels.Serve(Layout))!;
            await RecordAsync(log, sink, start == noon ? 0 : 10, 10);
            Assert.Equal(start == noon ? 0 : 1, log.Statistics.Single().ClockSetBacks);
        }

        Assert.Equal(Enumerable.Range(10, 10).Concat(Enumerable.Range(0, 10)), await ReadAsync(folder.FullName));
    }

    /// <summary>A segment can be begun, and nothing be flushed into it.</summary>
    private static void RefuseSegments(string kind, string path)
    {
        if (kind == "file" && path.EndsWith(".mlplog", StringComparison.Ordinal))
        {
            throw new IOException("No space left on device.");
        }
    }

    /// <summary>Lets commit intervals pass, and the log the time to miss them.</summary>
    private static async Task TickAsync(FakeTimeProvider time, int count)
    {
        for (var i = 0; i < count; i++)
        {
            time.Advance(PredictionLogConfiguration.Default.CommitInterval);
            await Task.Delay(1);
        }
    }

    private static async Task UntilAsync(FakeTimeProvider time, Func<bool> condition)
    {
        while (!condition())
        {
            await TickAsync(time, 1);
        }
    }

    private static PredictionLogWriter Open(SmallDisk disk) => Open(disk.Root, TimeProvider.System);

    private static PredictionLogWriter Open(string root, TimeProvider timeProvider)
    {
        var log = new PredictionLogWriter(
            new DataDirectory(root, MlPlatformMode.Owner),
            LogHarness.InOrder with { CommitInterval = TimeSpan.FromMinutes(1) },
            _ => true,
            DiskSync.Instance,
            timeProvider,
            NullLogger<PredictionLogWriter>.Instance);
        log.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
        return log;
    }

    private static async Task RecordAsync(PredictionLogWriter log, IPredictionSink sink, int first, int count)
    {
        var rows = new FeatureRows(Layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        for (var i = first; i < first + count; i++)
        {
            rows.Float32Of(0)[0] = i;
            LogHarness.Record(sink, rows, 0, i, 0.5);
        }

        await log.FlushAsync(null, CancellationToken.None);
    }

    private static Task<List<int>> ReadAsync(SmallDisk disk) => ReadAsync(disk.Root);

    private static async Task<List<int>> ReadAsync(string root)
    {
        var numbers = new List<int>();
        await foreach (var batch in new PredictionLogReader(Path.Combine(root, "predictions")).ReadAsync("tips"))
        {
            numbers.AddRange(((FloatArray)batch.Column("f_x0")).Values.ToArray().Select(v => (int)v));
        }

        return numbers;
    }
}
