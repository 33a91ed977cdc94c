using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

/// <summary>When the log flushes and when its segments end, while predictions keep coming.</summary>
public sealed class CommitTests
{
    private const int RowsPerFlush = 100;

    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(40);
    private static readonly TimeSpan Interval = PredictionLogConfiguration.Default.CommitInterval;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly RecordingDiskSync _disk = new();
    private readonly FeatureRows _rows = new(Layout, 1);
    private int _recorded;
    private int _flushes;
    private bool _isUnguarded;

    [Fact]
    public async Task Record_WhileTheDeviceFlushes_WaitsForTheNextInterval()
    {
        await using var log = new LogHarness(_disk, timeProvider: _time);
        RecordDuringFlushes(log, await OpenAsync(log));

        await RunAsync(log, intervals: 20);

        Assert.Equal((20, 1 + (20 * RowsPerFlush)), (_flushes, log.Statistics.Written));
        Assert.Equal(RowsPerFlush, log.Statistics.Pending);
        _disk.OnSync = null;
        await log.FlushAsync();
        Assert.Equal(22, (await log.ReadAsync()).Count);
    }

    [Theory]
    [InlineData(64 * 1024, 3_600)]
    [InlineData(256 * 1024 * 1024, 1)]
    public async Task Record_WithoutABreak_EndsSegmentsBySizeAndAge(long byteCount, int seconds)
    {
        var configuration = PredictionLogConfiguration.Default with { MaximumSegmentByteCount = byteCount, MaximumSegmentAge = TimeSpan.FromSeconds(seconds) };
        await using var log = new LogHarness(_disk, configuration, _time);
        RecordDuringFlushes(log, await OpenAsync(log));

        await RunAsync(log, intervals: 100);

        // A commit of 100 predictions has about 40 KB.
        Assert.InRange(log.Segments.Count, 5, 60);
        Assert.InRange(log.Segments.Max(path => new FileInfo(path).Length), 0, seconds == 1 ? 22 * 50_000 : (64 * 1024) + 50_000);
        Assert.InRange(log.Segments.Count(path => !IsSealed(path)), 0, 1);
        Assert.False(_isUnguarded);
        _disk.OnSync = null;
        await log.FlushAsync();
        Assert.Equal((_recorded, 0), (log.Statistics.Written, log.Statistics.Dropped));
        Assert.Equal(_recorded, await log.CountAsync());
    }

    [Fact]
    public async Task Record_MuchWithinAnInterval_IsFlushedBeforeItEnds()
    {
        await using var log = new LogHarness(_disk, timeProvider: _time);
        var sink = await OpenAsync(log);

        // About 10 MB, beyond the 4 MiB that may wait.
        Record(sink, 30_000);
        await UntilAsync(() => log.Statistics.Written > 1);
    }

    [LinuxFact]
    public async Task Record_PowerCutAfterTheInterval_LosesNothingThatIsOlder()
    {
        using var folder = new TempDirectory();
        await using var log = new LogHarness(timeProvider: _time);
        using var disk = new UnsyncedLossDisk(log.Directory.Root);
        await using var lossy = new PredictionLogWriter(
            log.Directory, PredictionLogConfiguration.Default, _ => true, disk, _time, Microsoft.Extensions.Logging.Abstractions.NullLogger<PredictionLogWriter>.Instance);
        await lossy.OpenAsync(CancellationToken.None);
        var sink = lossy.Attach(TestModels.Serve(Layout))!;
        for (var round = 1; round <= TestRounds.Count; round++)
        {
            Record(sink, 50);
            _time.Advance(Interval);
            await UntilAsync(() => lossy.Statistics.Single().Written == _recorded);
            Record(sink, 10);

            var found = new PredictionLogReader(Path.Combine(disk.Crash(folder.Combine($"round{round}")), "predictions"));
            var numbers = 0;
            await foreach (var batch in found.ReadAsync("tips"))
            {
                numbers += batch.Length;
            }

            Assert.Equal(_recorded - 10, numbers);
        }
    }

    private static bool IsSealed(string path)
    {
        using var reader = FrameLogReader.Open(path);
        while (reader.Read())
        {
        }

        return reader.IsClosed;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!condition())
        {
            await Task.Delay(1, patience.Token);
        }
    }

    /// <summary>A log whose segment is there, with one prediction.</summary>
    private async Task<IPredictionSink> OpenAsync(LogHarness log)
    {
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, 1);
        await log.FlushAsync();
        return sink;
    }

    /// <summary>From now on predictions come while the device is busy, so that there is always one more to write.</summary>
    private void RecordDuringFlushes(LogHarness log, IPredictionSink sink)
    {
        Record(sink, RowsPerFlush);
        _disk.OnSync = (_, path) =>
        {
            if (path.EndsWith(".mlplog", StringComparison.Ordinal) && _flushes < 1_000)
            {
                _flushes++;
                _isUnguarded |= !log.Writer.OpenSegments.Contains(path);
                Record(sink, RowsPerFlush);
            }
        };
    }

    private void Record(IPredictionSink sink, int count)
    {
        for (var i = 0; i < count; i++)
        {
            LogHarness.Record(sink, _rows, 0, _recorded++, 0.5);
        }
    }

    private async Task RunAsync(LogHarness log, int intervals)
    {
        for (var i = 1; i <= intervals; i++)
        {
            _time.Advance(Interval);
            await UntilAsync(() => log.Statistics.Written >= 1 + (i * RowsPerFlush));
        }
    }
}
