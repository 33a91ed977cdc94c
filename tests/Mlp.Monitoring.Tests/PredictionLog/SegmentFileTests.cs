using Apache.Arrow;
using Apache.Arrow.Arrays;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Tests.Compaction;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

public sealed class SegmentFileTests
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(40);

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

        var bySize = log.Segments.Count;
        Assert.InRange(bySize, 3, 10);
        LogHarness.Record(sink, rows, 0, 1_000, 0.5f);
        await log.FlushAsync();
        time.Advance(TimeSpan.FromMinutes(5));
        await log.FlushAsync();
        Assert.All(log.Segments, path => Assert.True(IsSealed(path)));
        Assert.Equal(1_001, await log.CountAsync());
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

        var segment = Assert.Single(log.Segments);
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

        Assert.Matches("^1700000000123456-7-[0-9a-f]{32}\\.mlplog$", Path.GetFileName(Assert.Single(log.Segments)));
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

        var written = Assert.Single(log.Segments);
        if (Environment.GetEnvironmentVariable("MLP_WRITE_FIXTURES") is { Length: > 0 } folder)
        {
            File.Copy(written, Path.Combine(folder, "predictions-v1.mlplog"), overwrite: true);
        }

        var fixture = Directory.CreateDirectory(Path.Combine(log.Directory.Predictions, "fixture")).FullName;
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "predictions-v1.mlplog"), Path.Combine(fixture, "1.mlplog"));
        Assert.Equal(RowText.Of(Assert.Single(await log.ReadAsync("fixture"))), RowText.Of(Assert.Single(await log.ReadAsync())));
    }

    private static bool IsSealed(string path)
    {
        using var reader = FrameLogReader.Open(path);
        while (reader.Read())
        {
        }

        return reader.IsClosed;
    }
}
