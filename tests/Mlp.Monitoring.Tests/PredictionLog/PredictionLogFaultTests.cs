using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
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

    [Fact]
    public async Task Record_SizeAndAge_EndSegments()
    {
        var time = new FakeTimeProvider();
        var configuration = PredictionLogConfiguration.Default with { MaximumSegmentByteCount = 64 * 1024, MaximumSegmentAge = TimeSpan.FromMinutes(5) };
        await using var log = new LogHarness(configuration: configuration, timeProvider: time);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < 1_000; i++)
        {
            LogHarness.Record(sink, rows, 0, i, 0.5f);
            if (i % 100 == 99)
            {
                await log.FlushAsync();
            }
        }

        var bySize = log.Reader.ListSegments("tips").Count;
        Assert.InRange(bySize, 3, 10);
        LogHarness.Record(sink, rows, 0, 1_000, 0.5f);
        await log.FlushAsync();
        time.Advance(TimeSpan.FromMinutes(5));
        await log.FlushAsync();
        Assert.All(log.Reader.ListSegments("tips"), path => Assert.True(IsSealed(path)));
        Assert.Equal(1_001, await log.CountAsync());
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

    [Fact]
    public async Task ReadAsync_TornTail_GivesTheWholeBatchesBefore()
    {
        await using var log = new LogHarness();
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < 5; i++)
        {
            LogHarness.Record(sink, rows, 0, i, 0.5f);
            await log.FlushAsync();
        }

        var segment = Assert.Single(log.Reader.ListSegments("tips"));
        var whole = new FileInfo(segment).Length;
        var folder = Directory.CreateDirectory(Path.Combine(log.Directory.Predictions, "torn"));
        var seen = new HashSet<int>();
        for (var length = whole; length > 0; length -= 611)
        {
            var bytes = File.ReadAllBytes(segment).AsSpan(0, (int)length).ToArray();
            File.WriteAllBytes(Path.Combine(folder.FullName, Path.GetFileName(segment)), bytes);
            if (await Record.ExceptionAsync(() => log.CountAsync("torn")) is { } error)
            {
                // A crash never leaves a file without its header: it gets its name after that is on the device.
                Assert.IsType<CorruptFileException>(error);
                break;
            }

            seen.Add(await log.CountAsync("torn"));
        }

        Assert.Equal([0, 1, 2, 3, 4, 5], seen.Order());
    }

    [Fact]
    public async Task ReadAsync_NewerFormatOrOtherKind_IsRefused()
    {
        await using var log = new LogHarness();
        var folder = Directory.CreateDirectory(Path.Combine(log.Directory.Predictions, "tips")).FullName;
        var path = Path.Combine(folder, "1.mlplog");
        using (FrameLogWriter.Create(DiskSync.Instance, path, """{"format":"mlp-predictions","formatVersion":3,"keys":17}"""u8))
        {
        }

        var newer = await Assert.ThrowsAsync<UnsupportedFormatVersionException>(() => log.CountAsync());
        Assert.Equal((path, 3, 2), (newer.Path, newer.Found, newer.Supported));

        File.Delete(path);
        using (FrameLogWriter.Create(DiskSync.Instance, path, """{"format":"mlp-labels","formatVersion":1}"""u8))
        {
        }

        var other = await Assert.ThrowsAsync<CorruptFileException>(() => log.CountAsync());
        Assert.Contains("\"mlp-labels\"", other.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task FlushAsync_ProcessKilled_KeepsEverythingAcknowledged()
    {
        using var folder = new TempDirectory();
        var reader = new PredictionLogReader(folder.Combine("predictions"));
        var random = new Random(5);
        long first = 0;
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("predictionlog", folder.FullName, first.ToString(CultureInfo.InvariantCulture));
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

    [Fact]
    public void ReadHeader_OnlyRequiredKeys_ReadsTheDefaults()
    {
        using var folder = new TempDirectory();
        var header = """
            {"laterAddition":{"format":1},"format":"mlp-predictions","formatVersion":1,"model":"tips","version":3,"keys":[],"features":[],
            "output":{"task":"regression","scoreOutput":"y"},"createdAt":"2025-01-01T00:00:00Z"}
            """u8;
        using (FrameLogWriter.Create(DiskSync.Instance, folder.Combine("1.mlplog"), header))
        {
        }

        using var reader = FrameLogReader.Open(folder.Combine("1.mlplog"));
        var found = SegmentHeader.Read(reader);

        Assert.Equal(("tips", 3), (found.Model, found.Version));
        Assert.Null(found.FeatureService);
        Assert.Empty(found.Output.ClassNames);
        Assert.Equal(0.5, found.Output.DecisionThreshold);
    }

    [Fact]
    public void ToJson_EnumerationsOfAModel_AreWords()
    {
        var json = System.Text.Encoding.UTF8.GetString(SegmentHeader.For(TestModels.Serve(TestModels.MixedLayout), DateTimeOffset.UnixEpoch).ToJson());

        Assert.StartsWith("""{"format":"mlp-predictions","formatVersion":1,"model":"tips","version":1,""", json, StringComparison.Ordinal);
        Assert.Contains("""{"name":"company","kind":"string"},{"name":"area","kind":"int64"}""", json, StringComparison.Ordinal);
        Assert.Contains("""{"name":"is_weekend","type":"boolean","view":"trip"}""", json, StringComparison.Ordinal);
        Assert.Contains("\"task\":\"binary-classification\"", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"task\":\"regression\"", "\"task\":2")]
    [InlineData("\"task\":\"regression\"", "\"task\":\"Regression\"")]
    [InlineData("\"kind\":\"int64\"", "\"kind\":1")]
    [InlineData("\"type\":\"float32\"", "\"type\":1")]
    [InlineData("\"model\":\"tips\",", "")]
    [InlineData("\"model\":\"tips\",", "\"model\":null,")]
    public void ReadHeader_NumbersForWordsOrAPartMissing_IsRefused(string part, string other)
    {
        const string Header = """
            {"format":"mlp-predictions","formatVersion":1,"model":"tips","version":3,"keys":[{"name":"area","kind":"int64"}],"features":[{"name":"x","type":"float32","view":"v"}],
            "output":{"task":"regression","scoreOutput":"y"},"createdAt":"2025-01-01T00:00:00Z"}
            """;
        using var folder = new TempDirectory();

        Assert.Equal(("tips", 3), Read("1.mlplog", Header) is var found ? (found.Model, found.Version) : default);
        Assert.Contains("2.mlplog", Assert.Throws<CorruptFileException>(() => Read("2.mlplog", Header.Replace(part, other, StringComparison.Ordinal))).Message, StringComparison.Ordinal);

        SegmentHeader Read(string name, string header)
        {
            using (FrameLogWriter.Create(DiskSync.Instance, folder.Combine(name), System.Text.Encoding.UTF8.GetBytes(header)))
            {
            }

            using var reader = FrameLogReader.Open(folder.Combine(name));
            return SegmentHeader.Read(reader);
        }
    }

    [Fact]
    public async Task FlushAsync_FirstSegment_IsNamedByTheMicrosecondsOfItsBeginning()
    {
        await using var log = new LogHarness(timeProvider: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddMicroseconds(1_700_000_000_123_456)));
        LogHarness.Record(log.Writer.Attach(TestModels.Serve(Layout, version: 7))!, new FeatureRows(Layout, 1), 0, 1, 0.5);
        await log.FlushAsync();

        Assert.Matches("^1700000000123456-7-[0-9a-f]{32}\\.mlplog$", Path.GetFileName(Assert.Single(log.Reader.ListSegments("tips"))));
    }

    [Fact]
    public async Task ReadAsync_CommittedFixture_StillReads()
    {
        await using var log = new LogHarness();
        var folder = Directory.CreateDirectory(Path.Combine(log.Directory.Predictions, "tips")).FullName;
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "predictions-v1.mlplog"), Path.Combine(folder, "1.mlplog"));

        var batch = Assert.Single(await log.ReadAsync());

        Assert.Equal(3, batch.Length);
        Assert.Equal([TestModels.Id(1), TestModels.Id(2), TestModels.Id(3)], Enumerable.Range(0, 3).Select(i => PredictionId.Read(((FixedSizeBinaryArray)batch.Column("prediction_id")).GetBytes(i))));
        Assert.Equal([0.25, 0.75, null], ((DoubleArray)batch.Column("score")).ToList(includeNulls: true));
        Assert.Equal([1.5f, null, 2.5f], ((FloatArray)batch.Column("f_fare")).ToList(includeNulls: true));
        Assert.Equal([1, 0, 1], ((UInt8Array)batch.Column("f_fare__status")).Values.ToArray());
        Assert.Equal(["Flash Cab", null, "é"], Enumerable.Range(0, 3).Select(i => ((StringArray)batch.Column("f_company_name")).GetString(i)));
        Assert.Equal([0, 0, 3], ((UInt8Array)batch.Column("outcome")).Values.ToArray());
        Assert.Equal([1, 4, 1], ((DoubleArray)batch.Column("sampling_weight")).Values.ToArray());
        Assert.Equal([null, 5, null], ((Int64Array)batch.Column("latency_run_ns")).ToList(includeNulls: true));
        Assert.Equal([TestModels.Id(1), TestModels.Id(1), TestModels.Id(3)], Enumerable.Range(0, 3).Select(i => PredictionId.Read(((FixedSizeBinaryArray)batch.Column("request_id")).GetBytes(i))));
        Assert.Equal([null, null, "Flash Cab"], Enumerable.Range(0, 3).Select(i => ((StringArray)batch.Column("k_company")).GetString(i)));
        Assert.Equal([null, null, 8L], ((Int64Array)batch.Column("k_area")).ToList(includeNulls: true));
        Assert.Equal(("mlp-predictions", "1"), (batch.Schema.Metadata["mlp.format"], batch.Schema.Metadata["mlp.format.version"]));
    }

    /// <summary>Writes the fixture anew where <c>MLP_WRITE_FIXTURES</c> names a folder; done once per format version, by hand.</summary>
    [Fact]
    public async Task Fixture_WrittenToday_HasTheSameRows()
    {
        await using var log = new LogHarness(timeProvider: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000)));
        var layout = new FeatureRowLayout([new("fare", FeatureType.Float32, "trip"), new("company_name", FeatureType.String, "company")]);
        var sink = log.Writer.Attach(TestModels.Serve(layout))!;
        var rows = new FeatureRows(layout, 3);
        rows.Reset(3);
        (rows.Float32Of(0)[0], rows.StatusOf(0)[0], rows.StatusOf(0)[1]) = (1.5f, FeatureStatus.Present, FeatureStatus.Present);
        rows.SetString(0, 0, "Flash Cab");
        (rows.Float32Of(2)[0], rows.StatusOf(2)[0], rows.StatusOf(2)[1]) = (2.5f, FeatureStatus.Present, FeatureStatus.Present);
        rows.SetString(2, 0, "é");
        LogHarness.Record(sink, rows, 0, 1, 0.25f);
        sink.Record(new PredictionRecord
        {
            Id = TestModels.Id(2),
            RequestId = TestModels.Id(1),
            EventTime = 1_002,
            RequestTime = 2_002,
            LatencyNanoseconds = 20,
            RunLatencyNanoseconds = 5,
            SamplingWeight = 4,
            Outcome = PredictionOutcome.Ok,
            Features = rows.RowOf(1),
            Scores = [0.75],
        });
        sink.Record(new PredictionRecord
        {
            Id = TestModels.Id(3),
            EventTime = 3,
            RequestTime = 3,
            LatencyNanoseconds = 3,
            Outcome = PredictionOutcome.TimedOut,
            Features = rows.RowOf(2),
            Keys = ["Flash Cab", 8],
        });
        await log.Writer.CloseAsync(CancellationToken.None);

        var written = Assert.Single(log.Reader.ListSegments("tips"));
        if (Environment.GetEnvironmentVariable("MLP_WRITE_FIXTURES") is { Length: > 0 } folder)
        {
            File.Copy(written, Path.Combine(folder, "predictions-v1.mlplog"), overwrite: true);
        }

        Assert.Equal(3, await log.CountAsync());
    }

    private static IEnumerable<ulong> Ids(RecordBatch batch)
    {
        var column = (FixedSizeBinaryArray)batch.Column(PredictionColumns.PredictionId);
        return Enumerable.Range(0, batch.Length).Select(i => System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(column.GetBytes(i)[8..]) & 0xFFFF_FFFF).ToList();
    }

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var i = from; i < to; i++)
        {
            yield return i;
        }
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

    private static async Task<int> CountAsync(PredictionLogReader reader, string model)
    {
        var count = 0;
        await foreach (var batch in reader.ReadAsync(model))
        {
            count += batch.Length;
        }

        return count;
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
        while (!condition())
        {
            await Task.Delay(1);
        }
    }
}
