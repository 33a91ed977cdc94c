using Apache.Arrow;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Compaction;

public sealed class LogMaintenanceTests
{
    [Fact]
    public async Task RunAsync_EveryKindOfColumn_ReadsBackBitForBit()
    {
        await using var log = new MaintainedLog();
        var layout = new FeatureRowLayout([.. TestModels.MixedLayout.Columns, new("embedding", FeatureType.Float32, "trip") { Length = 3 }]);
        var sink = log.Log.Writer.Attach(TestModels.Serve(layout, outputs: 2) with { Service = new FeatureServiceReference("trips", 3, new string('b', 64)) })!;
        RecordMixed(sink, layout, 500);
        (sink as IDisposable)!.Dispose();
        await log.Log.FlushAsync();
        var before = await log.Log.ReadAsync();

        await log.RunAsync();

        var after = await log.Log.ReadAsync();
        Assert.Empty(log.Files(".mlplog"));
        Assert.Single(log.Files(".parquet"));
        Assert.Equal(before.SelectMany(RowText.Of), after.SelectMany(RowText.Of));
        Assert.All(after, batch => Assert.Equal(RowText.Of(before[0].Schema), RowText.Of(batch.Schema)));
        Assert.Equal(new MaintenanceStatistics(1, 0, 0, 0), log.Maintenance.Statistics);
        Assert.Equal(HealthStatus.Healthy, log.Maintenance.CheckHealth().Status);
        Assert.Equal([1], log.Log.Reader.FindVersions("tips"));
        Assert.Equal("trips", log.Log.Reader.FindHeader("tips")!.FeatureService!.Name);
    }

    [Fact]
    public async Task RunAsync_SegmentThatIsWritten_StaysAndTheOthersGo()
    {
        await using var log = new MaintainedLog();
        await log.WriteAsync(0, 2_000, seals: false);
        var open = Assert.Single(log.Log.Writer.OpenSegments);

        await log.RunAsync();
        await log.WriteAsync(2_000, 100, seals: false);

        Assert.Equal(open, Assert.Single(log.Files(".mlplog")));
        Assert.InRange(log.Files(".parquet").Length, 3, 100);
        Assert.Equal(Enumerable.Range(0, 2_100), (await log.ReadNumbersAsync()).Order());
    }

    [Fact]
    public async Task RunAsync_CrashBetweenPublishingAndDeleting_RowsAreReadOnceAndTheSegmentGoes()
    {
        await using var log = new MaintainedLog();
        await log.WriteAsync(0, 60);
        var segment = Assert.Single(log.Files(".mlplog"));
        var bytes = File.ReadAllBytes(segment);
        await log.RunAsync();
        File.WriteAllBytes(segment, bytes);

        Assert.Equal(Enumerable.Range(0, 60), await log.ReadNumbersAsync());
        await log.RunAsync();
        Assert.Empty(log.Files(".mlplog"));
        Assert.Equal(Enumerable.Range(0, 60), await log.ReadNumbersAsync());
    }

    [Fact]
    public async Task ReadAsync_CompactedInTheMiddle_GivesEveryRowOnce()
    {
        await using var log = new MaintainedLog();
        await log.WriteAsync(0, 3_000);
        var seen = new List<int>();
        await foreach (var batch in log.Log.Reader.ReadAsync("tips"))
        {
            if (seen.Count == 0)
            {
                await log.RunAsync();
                Assert.Empty(log.Files(".mlplog"));
            }

            seen.AddRange(MaintainedLog.Numbers(batch));
        }

        Assert.Equal(Enumerable.Range(0, 3_000), seen);
    }

    [Fact]
    public async Task ReadAsync_BesideWritingAndCompacting_NeverMissesOrRepeatsARow()
    {
        await using var log = new MaintainedLog();
        await log.WriteAsync(0, 100);
        var written = 100;
        using var stop = new CancellationTokenSource();
        var maintaining = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await log.RunAsync();
            }
        });
        var reading = Task.Run(async () =>
        {
            var rounds = 0;
            while (!stop.IsCancellationRequested || rounds == 0)
            {
                var before = Volatile.Read(ref written);
                var numbers = await log.ReadNumbersAsync();
                Assert.Equal(numbers.Count, numbers.Distinct().Count());
                Assert.Empty(Enumerable.Range(0, before).Except(numbers));
                rounds++;
            }
        });
        for (var i = 0; i < TestRounds.Count; i++)
        {
            await log.WriteAsync(written, 300, seals: i % 3 == 0);
            Volatile.Write(ref written, written + 300);
        }

        await stop.CancelAsync();
        await Task.WhenAll(maintaining, reading);
        Assert.Equal(0, log.Maintenance.Statistics.Failed);
        Assert.Equal(Enumerable.Range(0, written), (await log.ReadNumbersAsync()).Order());
    }

    [Fact]
    public async Task RunAsync_Ages_DeletesWhatNoRowOfIsYoungEnough()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
        await using var log = new MaintainedLog(maximumAge: TimeSpan.FromDays(7), timeProvider: time);
        await log.WriteAsync(0, 50);
        time.Advance(TimeSpan.FromDays(5));
        await log.WriteAsync(50, 50);
        time.Advance(TimeSpan.FromDays(2) + TimeSpan.FromMinutes(59));
        await log.RunAsync();
        Assert.Equal(100, (await log.ReadNumbersAsync()).Count);

        time.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(1));
        await log.RunAsync();

        Assert.Equal(Enumerable.Range(50, 50), await log.ReadNumbersAsync());
        Assert.Equal((2, 1), (log.Maintenance.Statistics.Compacted, log.Maintenance.Statistics.Expired));
        time.Advance(TimeSpan.FromDays(8));
        await log.RunAsync();
        Assert.Empty(Directory.GetFiles(log.Folder));
    }

    [Fact]
    public async Task RunAsync_TooManyBytes_DeletesTheOldestFirst()
    {
        await using var log = new MaintainedLog(compacts: false, maximumByteCount: 200 * 1024);
        await log.WriteAsync(0, 5_000, seals: false);
        await log.RunAsync();

        var numbers = await log.ReadNumbersAsync();
        Assert.InRange(log.Files(".mlplog").Sum(f => new FileInfo(f).Length), 100 * 1024, 200 * 1024);
        Assert.Equal(Enumerable.Range(numbers[0], 5_000 - numbers[0]), numbers);
        Assert.True(log.Maintenance.Statistics.Expired > 0);
        Assert.Single(log.Log.Writer.OpenSegments);
    }

    [Fact]
    public async Task RunAsync_SegmentThatIsWritten_IsNotDeletedHoweverMuchItIs()
    {
        await using var log = new MaintainedLog(compacts: false, maximumByteCount: 1);
        await log.WriteAsync(0, 2_000, seals: false);
        await log.RunAsync();

        Assert.Equal(log.Log.Writer.OpenSegments, log.Files(".mlplog"));
        await log.WriteAsync(2_000, 10, seals: false);
        Assert.Equal(2_009, (await log.ReadNumbersAsync())[^1]);
    }

    [Fact]
    public async Task RunAsync_DiskRefuses_KeepsTheSegmentAndTriesAgain()
    {
        var disk = new RecordingDiskSync { OnSync = (_, _) => throw new IOException("No space left on device.") };
        await using var log = new MaintainedLog(disk: disk);
        await log.WriteAsync(0, 60);

        await log.RunAsync();

        Assert.Equal(Enumerable.Range(0, 60), await log.ReadNumbersAsync());
        Assert.Equal((0, 1), (log.Maintenance.Statistics.Compacted, log.Maintenance.Statistics.Failed));
        Assert.Equal(HealthStatus.Degraded, log.Maintenance.CheckHealth().Status);
        disk.OnSync = null;
        await log.RunAsync();
        Assert.Equal((1, 1), (log.Maintenance.Statistics.Compacted, log.Maintenance.Statistics.Failed));
        Assert.Equal(Enumerable.Range(0, 60), await log.ReadNumbersAsync());
        Assert.Single(Directory.GetFiles(log.Folder));
    }

    [Fact]
    public async Task OpenAsync_LeftoversOfACrash_AreDeleted()
    {
        await using var log = new MaintainedLog();
        await log.WriteAsync(0, 10);
        var leftover = Path.Combine(log.Folder, ".tmp-0123");
        File.WriteAllText(leftover, "x");

        await log.Maintenance.OpenAsync(CancellationToken.None);
        await log.Maintenance.CloseAsync(CancellationToken.None);

        Assert.False(File.Exists(leftover));
        Assert.Equal(10, (await log.ReadNumbersAsync()).Count);
    }

    [Fact]
    public async Task OpenAsync_IntervalPasses_CompactsByItself()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000));
        await using var log = new MaintainedLog(timeProvider: time);
        await log.WriteAsync(0, 10);
        await log.Maintenance.OpenAsync(CancellationToken.None);
        while (log.Maintenance.Statistics.Compacted == 0)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        await log.Maintenance.CloseAsync(CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 10), await log.ReadNumbersAsync());
    }

    [Fact]
    public async Task Refresh_CompactedBetweenTwoCalls_GoesOnWhereItWas()
    {
        await using var log = new MaintainedLog();
        var settings = log.Log.Reader.Settings;
        var index = new ScoreIndex("tips", log.Folder, settings, maximumCount: 10_000);
        await log.WriteAsync(0, 70, seals: false);
        index.Refresh(CancellationToken.None);
        Assert.Equal(70, index.Count);
        await log.WriteAsync(70, 600);
        await log.RunAsync();
        Assert.Empty(log.Files(".mlplog"));

        index.Refresh(CancellationToken.None);
        index.Refresh(CancellationToken.None);
        var later = new ScoreIndex("tips", log.Folder, settings, maximumCount: 10_000);
        later.Refresh(CancellationToken.None);

        Assert.Equal(Enumerable.Range(0, 670).Select(i => TestModels.Id(i)), Enumerable.Range(0, index.Count).Select(i => index[i].RequestId));
        Assert.Equal(670, later.Count);
    }

    private static void RecordMixed(IPredictionSink sink, FeatureRowLayout layout, int count)
    {
        var rows = new FeatureRows(layout, 1);
        EntityValue[] keys = ["Flash Cab é", 8];
        KeyValuePair<string, string>[] tags = [new("city", "Chicago ✓"), new("city", "twice"), new("none", null!)];
        for (var i = 0; i < count; i++)
        {
            TestModels.Fill(rows, 0, i);
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(i),
                EventTime = i - 100,
                RequestTime = 5_000 + i,
                LatencyNanoseconds = 777,
                RunLatencyNanoseconds = i % 2 == 0 ? i : null,
                SamplingWeight = i % 7 == 0 ? 2.5 : 1,
                Outcome = i % 10 == 9 ? PredictionOutcome.TimedOut : PredictionOutcome.Ok,
                Keys = i % 3 == 0 ? [] : keys,
                Features = rows.RowOf(0),
                Scores = i % 10 == 9 ? [] : [BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0123), i % 4 == 0 ? -0.0 : i / 3.0],
                TraceId = i % 2 == 0 ? System.Diagnostics.ActivityTraceId.CreateRandom() : default,
                Tags = i % 4 == 0 ? tags : [],
            });
        }
    }
}
