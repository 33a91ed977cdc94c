using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

public sealed class PredictionLogFaultTests
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(40);

    [Fact]
    public async Task Record_StormOnAFailingDisk_AcceptedIsWrittenPlusDropped()
    {
        const int Callers = 4;
        const int Each = 10_000;
        var calls = 0;
        var disk = new RecordingDiskSync
        {
            OnSync = (_, _) =>
            {
                Thread.Yield();
                if (Interlocked.Increment(ref calls) % 7 == 0)
                {
                    throw new IOException("No space left on device.");
                }
            },
        };
        var configuration = PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMilliseconds(1), BufferByteCount = 256 * 1024, MaximumSegmentByteCount = 1024 * 1024 };
        await using var log = new LogHarness(disk, configuration);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;

        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(() =>
        {
            var rows = new FeatureRows(Layout, 1);
            for (var i = 0; i < Each; i++)
            {
                LogHarness.Record(sink, rows, 0, (caller * Each) + i, 0.5f);
            }
        })).ToArray();
        while (!callers.All(c => c.IsCompleted))
        {
            Assert.InRange(log.Statistics.Pending, 0, Callers * Each);
            await Task.Yield();
        }

        await Task.WhenAll(callers);
        var more = new FeatureRows(Layout, 1);
        var recorded = Callers * Each;
        for (var attempt = 0; attempt < 3 || (attempt < 100 && (log.Statistics.Written == 0 || !log.Statistics.DroppedBy.ContainsKey(DropReason.Disk))); attempt++)
        {
            // On a busy machine the storm may end in a single commit; then a few more, until some have failed and some not.
            LogHarness.Record(sink, more, 0, recorded++, 0.5f);
            await Record.ExceptionAsync(log.FlushAsync);
        }

        var statistics = log.Statistics;
        Assert.Equal(recorded, statistics.Accepted);
        Assert.Equal(statistics.Accepted, statistics.Written + statistics.Dropped);
        Assert.True(statistics.Written > 0);
        Assert.True(statistics.DroppedBy.GetValueOrDefault(DropReason.Disk) > 0);
        disk.OnSync = null;
        await log.Writer.CloseAsync(CancellationToken.None);
        var ids = (await log.ReadAsync()).SelectMany(Ids).ToList();
        Assert.Equal(statistics.Written, ids.Count);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task FlushAsync_DiskRefusesThenTakes_ThrowsCountsAndGoesOnInANewSegment()
    {
        var disk = new RecordingDiskSync();
        var time = new FakeTimeProvider();
        await using var log = new LogHarness(disk, timeProvider: time);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        LogHarness.Record(sink, rows, 0, 1, 0.5f);
        await log.FlushAsync();

        disk.OnSync = (_, _) => throw new IOException("No space left on device.");
        LogHarness.Record(sink, rows, 0, 2, 0.5f);
        var error = await Assert.ThrowsAsync<IOException>(log.FlushAsync);
        Assert.Contains("'tips' version 1", error.Message, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, log.Writer.CheckHealth().Status);
        Assert.Equal(1, log.Statistics.DroppedBy[DropReason.Disk]);

        disk.OnSync = null;
        LogHarness.Record(sink, rows, 0, 3, 0.5f);
        time.Advance(TimeSpan.FromSeconds(10));
        await log.FlushAsync();
        Assert.Equal(HealthStatus.Healthy, log.Writer.CheckHealth().Status);
        Assert.Equal((3, 2), (log.Statistics.Accepted, log.Statistics.Written));
        Assert.Equal([1UL, 3UL], (await log.ReadAsync()).SelectMany(Ids).Order());
    }

    [Fact]
    public async Task Record_CommitIntervalPasses_IsDurableWithoutAFlush()
    {
        var time = new FakeTimeProvider();
        await using var log = new LogHarness(timeProvider: time);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        LogHarness.Record(sink, new FeatureRows(Layout, 1), 0, 1, 0.5f);
        Assert.Equal(1, log.Statistics.Pending);

        time.Advance(TimeSpan.FromMilliseconds(50));
        await UntilAsync(() => log.Statistics.Written == 1);

        Assert.Equal(1, await log.CountAsync());
    }

    [LinuxFact]
    public async Task FlushAsync_PowerCut_KeepsEverythingAcknowledged()
    {
        using var folder = new TempDirectory();
        await using var log = new LogHarness();
        using var disk = new UnsyncedLossDisk(log.Directory.Root);
        await using var lossy = new PredictionLogWriter(
            log.Directory, PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMilliseconds(1) }, _ => true, disk, TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<PredictionLogWriter>.Instance);
        await lossy.OpenAsync(CancellationToken.None);
        var sink = lossy.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        var number = 0;
        for (var round = 0; round < TestRounds.Count; round++)
        {
            for (var i = 0; i < 50; i++)
            {
                LogHarness.Record(sink, rows, 0, number++, 0.5f);
            }

            await lossy.FlushAsync("tips", CancellationToken.None);
            var after = disk.Crash(folder.Combine($"round{round}"));
            var reader = new PredictionLogReader(Path.Combine(after, "predictions"));
            Assert.Equal(number, await CountAsync(reader, "tips"));
        }
    }

    [LinuxFact]
    public Task FlushAsync_ProcessKilled_KeepsEverythingAcknowledged() => KillAsync("flush");

    [LinuxFact]
    public Task Record_ProcessKilled_KeepsEverythingOfFormerCommitIntervals() => KillAsync("interval");

    private static async Task KillAsync(string acknowledgement)
    {
        using var folder = new TempDirectory();
        var reader = new PredictionLogReader(folder.Combine("predictions"));
        var random = new Random(5);
        long first = 0;
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("predictionlog", folder.FullName, first.ToString(CultureInfo.InvariantCulture), acknowledgement);
            long acknowledged = first;
            for (var i = random.Next(1, 20); i > 0; i--)
            {
                acknowledged = Number(await child.ReadLineAsync());
            }

            foreach (var line in await child.KillAsync())
            {
                acknowledged = Number(line);
            }

            var numbers = await ReadNumbersAsync(reader);
            Assert.Equal(numbers.Count, numbers.Distinct().Count());
            Assert.Empty(Range(first, acknowledged).Except(numbers));
            first = numbers.Max() + 1;
        }
    }

    private static IEnumerable<ulong> Ids(RecordBatch batch)
    {
        var column = (FixedSizeBinaryArray)batch.Column(PredictionColumns.PredictionId);
        return Enumerable.Range(0, batch.Length).Select(i => System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(column.GetBytes(i)[8..]) & 0xFFFF_FFFF).ToList();
    }

    private static long Number(string? line)
    {
        Assert.StartsWith("ack ", line, StringComparison.Ordinal);
        return long.Parse(line.AsSpan(4), CultureInfo.InvariantCulture);
    }

    private static async Task<List<long>> ReadNumbersAsync(PredictionLogReader reader)
    {
        var numbers = new List<long>();
        await foreach (var batch in reader.ReadAsync("crash"))
        {
            var column = (Int64Array)batch.Column("f_number");
            var texts = (StringArray)batch.Column("f_text");
            for (var i = 0; i < batch.Length; i++)
            {
                Assert.Equal(FormattableString.Invariant($"text {column.GetValue(i)}"), texts.GetString(i));
                numbers.Add(column.GetValue(i)!.Value);
            }
        }

        return numbers;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1);
        }
    }

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var i = from; i < to; i++)
        {
            yield return i;
        }
    }

    private static async Task<int> CountAsync(PredictionLogReader reader, string model)
    {
        var count = 0;
        await foreach (var batch in reader.ReadAsync(model))
        {
            count += batch.Length;
        }

        return count;
    }
}
