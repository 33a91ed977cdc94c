using System.Diagnostics;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

public sealed class PredictionLogTests
{
    [Fact]
    public async Task Record_MixedFeatures_ReadBackBitForBit()
    {
        const int Rows = 300;
        await using var log = new LogHarness();
        var model = TestModels.Serve(TestModels.MixedLayout, outputs: 2) with { Service = new FeatureServiceReference("trips", 3, new string('b', 64)) };
        var sink = log.Writer.Attach(model)!;
        var rows = new FeatureRows(model.Layout, Rows);
        rows.Reset(Rows);
        EntityValue[] keys = ["Flash Cab é", 8];
        var tags = new KeyValuePair<string, string>[] { new("city", "Chicago ✓"), new("empty", "") };
        var trace = ActivityTraceId.CreateRandom();
        for (var i = 0; i < Rows; i++)
        {
            TestModels.Fill(rows, i, i);
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(i),
                EventTime = i,
                RequestTime = 5_000 + i,
                RequestId = i % 5 == 0 ? TestModels.Id(i + 1_000) : default,
                SamplingWeight = i % 7 == 0 ? 2.5 : 1,
                LatencyNanoseconds = 777,
                FeatureLatencyNanoseconds = i % 2 == 0 ? i : null,
                QueueLatencyNanoseconds = i % 3 == 0 ? 0 : null,
                Outcome = i % 10 == 9 ? PredictionOutcome.TimedOut : PredictionOutcome.Ok,
                Keys = i % 3 == 0 ? [] : keys,
                Features = rows.RowOf(i),
                Scores = i % 10 == 9 ? [] : [0.25, i / 3.0],
                TraceId = i % 2 == 0 ? trace : default,
                Tags = i % 4 == 0 ? tags : [],
            });
        }

        await log.FlushAsync();
        var seen = 0;
        foreach (var batch in await log.ReadAsync())
        {
            for (var r = 0; r < batch.Length; r++, seen++)
            {
                var i = (int)((TimestampArray)batch.Column("event_time")).GetValue(r)!.Value;
                AssertEnvelope(batch, r, i, keys, trace);
                AssertFeatures(batch, r, rows, i);
            }
        }

        Assert.Equal(Rows, seen);
        var metadata = (await log.ReadAsync(from: 5_010, to: 5_020))[0].Schema.Metadata;
        Assert.Equal(("tips", "1"), (metadata[PredictionColumns.ModelKey], metadata[PredictionColumns.ModelVersionKey]));
        Assert.Equal(
            ("trips", "3", new string('b', 64)),
            (metadata[PredictionColumns.ServiceKey], metadata[PredictionColumns.ServiceVersionKey], metadata[PredictionColumns.ServiceFingerprintKey]));
        Assert.Equal("""["company","area"]""", metadata[PredictionColumns.EntityKeyNamesKey]);
        Assert.Equal((Rows, Rows, 0L, 0L), (log.Statistics.Accepted, log.Statistics.Written, log.Statistics.Dropped, log.Statistics.Pending));
    }

    [Fact]
    public async Task Record_AfterWarmUp_AllocatesNothing()
    {
        await using var log = new LogHarness(configuration: PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMinutes(1) });
        var model = TestModels.Serve(TestModels.MixedLayout);
        var sink = log.Writer.Attach(model)!;
        var rows = new FeatureRows(model.Layout, 1);
        TestModels.Fill(rows, 0, seed: 3);
        EntityValue[] keys = ["Flash Cab", 8];
        var tags = new KeyValuePair<string, string>[] { new("city", "Chicago") };
        var trace = ActivityTraceId.CreateRandom();
        var runs = 0;
        var allocated = Allocations.OfBestRun(() =>
        {
            runs++;
            for (var i = 0; i < 1_000; i++)
            {
                sink.Record(new PredictionRecord
                {
                    Id = TestModels.Id(i),
                    EventTime = i,
                    RequestTime = i,
                    LatencyNanoseconds = i,
                    Outcome = PredictionOutcome.Ok,
                    Keys = keys,
                    Features = rows.RowOf(0),
                    Scores = [0.5f],
                    TraceId = trace,
                    Tags = tags,
                });
            }
        });

        Assert.Equal(0, allocated);
        await log.FlushAsync();
        Assert.Equal(runs * 1_000, log.Statistics.Written);
    }

    [Fact]
    public async Task Record_FullBuffer_DropsCountsAndAllocatesNothing()
    {
        var gate = new GatedListener();
        await using var log = new LogHarness(
            configuration: PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMinutes(1), BufferByteCount = 16 * 1024 }, listeners: gate);
        var model = TestModels.Serve(TestModels.FloatLayout(4));
        var sink = log.Writer.Attach(model)!;
        var rows = new FeatureRows(model.Layout, 1);

        // The log is busy with the first prediction, so that nobody makes room for the others.
        LogHarness.Record(sink, rows, 0, 0, 0.5f);
        var flush = log.FlushAsync();
        await gate.Entered;
        var runs = 0;
        var allocated = Allocations.OfBestRun(() =>
        {
            runs++;
            for (var i = 0; i < 1_000; i++)
            {
                LogHarness.Record(sink, rows, 0, i, 0.5f);
            }
        });

        gate.Open();
        await flush;
        Assert.Equal(0, allocated);
        await log.FlushAsync();
        var statistics = log.Statistics;
        Assert.InRange(statistics.DroppedBy[DropReason.BufferFull], (runs - 1) * 1_000, (runs * 1_000) - 1);
        Assert.Equal(1 + (runs * 1_000), statistics.Written + statistics.Dropped);
        Assert.Equal(statistics.Written, await log.CountAsync());
    }

    [Fact]
    public async Task Record_TooLargeOrOtherLayout_IsDroppedWithItsReason()
    {
        await using var log = new LogHarness(configuration: PredictionLogConfiguration.Default with { BufferByteCount = 64 * 1024 });
        var model = TestModels.Serve(TestModels.MixedLayout);
        var sink = log.Writer.Attach(model)!;
        var huge = new FeatureRows(model.Layout, 1);
        huge.SetString(0, 0, new string('x', 100_000));
        LogHarness.Record(sink, huge, 0, 1, 0.5f);
        LogHarness.Record(sink, new FeatureRows(TestModels.FloatLayout(8), 1), 0, 2, 0.5f);
        sink.Record(new PredictionRecord { Id = TestModels.Id(3), EventTime = 1, RequestTime = 1, LatencyNanoseconds = 1, Outcome = PredictionOutcome.Ok, Features = default });
        LogHarness.Record(sink, new FeatureRows(new FeatureRowLayout(model.Layout.Columns), 1), 0, 4, 0.5f);

        await log.FlushAsync();

        var statistics = log.Statistics;
        Assert.Equal((4, 1), (statistics.Accepted, statistics.Written));
        Assert.Equal(1, statistics.DroppedBy[DropReason.TooLarge]);
        Assert.Equal(2, statistics.DroppedBy[DropReason.LayoutMismatch]);
    }

    [Fact]
    public async Task Record_AfterClose_IsCountedAsDropped()
    {
        await using var log = new LogHarness();
        var model = TestModels.Serve(TestModels.FloatLayout(2));
        var sink = log.Writer.Attach(model)!;
        var rows = new FeatureRows(model.Layout, 1);
        LogHarness.Record(sink, rows, 0, 1, 0.5f);
        await log.Writer.CloseAsync(CancellationToken.None);
        LogHarness.Record(sink, rows, 0, 2, 0.5f);

        await log.FlushAsync();

        Assert.Equal((2, 1), (log.Statistics.Accepted, log.Statistics.Written));
        Assert.Equal(1, log.Statistics.DroppedBy[DropReason.Closed]);
        Assert.Equal(1, await log.CountAsync());
    }

    [Fact]
    public async Task ReadAsync_TimesAndVersion_CutsToThem()
    {
        await using var log = new LogHarness();
        var first = TestModels.Serve(TestModels.FloatLayout(2));
        var second = TestModels.Serve(TestModels.FloatLayout(3), version: 2, variant: "challenger");
        var rows = new FeatureRows(first.Layout, 1);
        var sink = log.Writer.Attach(first)!;
        for (var i = 0; i < 100; i++)
        {
            LogHarness.Record(sink, rows, 0, (i * 37) % 100, 0.5f);
        }

        LogHarness.Record(log.Writer.Attach(second)!, new FeatureRows(second.Layout, 1), 0, 50, 0.5f);
        await log.FlushAsync();

        var times = (await log.ReadAsync(from: 2_010, to: 2_020, version: 1)).SelectMany(b => ((TimestampArray)b.Column("request_time")).Values.ToArray());
        Assert.Equal(Enumerable.Range(2_010, 10).Select(t => (long)t), times.Order());
        var challenger = Assert.Single(await log.ReadAsync(version: 2));
        Assert.Equal("challenger", ((StringArray)challenger.Column("variant")).GetString(0));
        Assert.Empty(await log.ReadAsync(model: "unknown"));
    }

    [Fact]
    public async Task Attach_SecondVariantOfAVersion_SharesTheLog()
    {
        await using var log = new LogHarness();
        var champion = TestModels.Serve(TestModels.FloatLayout(2));
        var rows = new FeatureRows(champion.Layout, 1);
        LogHarness.Record(log.Writer.Attach(champion)!, rows, 0, 1, 0.5f);
        LogHarness.Record(log.Writer.Attach(champion with { Variant = "shadow" })!, rows, 0, 2, 0.5f);
        await log.FlushAsync();

        var variants = (await log.ReadAsync()).SelectMany(b => Enumerable.Range(0, b.Length).Select(i => ((StringArray)b.Column("variant")).GetString(i)));
        Assert.Equal(["champion", "shadow"], variants.Order());
        Assert.Single(log.Segments);
    }

    [Fact]
    public void Schema_NamesThatDifferInCaseOnly_GetColumnsThatDifferWithoutIt()
    {
        var layout = new FeatureRowLayout([new("Score", FeatureType.Float32, "v"), new("fare", FeatureType.Float32, "v"), new("Fare", FeatureType.Float32, "v")]);

        var names = new PredictionSchema(TestModels.Serve(layout)).Arrow.FieldsList.Select(f => f.Name).ToList();

        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Contains("f_Score", names);
        Assert.Contains("f_f_Fare", names);
    }

    [Theory]
    [InlineData("../tips")]
    [InlineData("..")]
    [InlineData("a/b")]
    public void ListFiles_NameThatIsAPath_Throws(string model)
        => Assert.Contains(model, Assert.Throws<ArgumentException>(() => new PredictionLogReader("/tmp").ListFiles(model)).Message, StringComparison.Ordinal);

    private static void AssertEnvelope(RecordBatch batch, int r, int i, EntityValue[] keys, ActivityTraceId trace)
    {
        var isOk = i % 10 != 9;
        Assert.Equal(TestModels.Id(i), PredictionId.Read(((FixedSizeBinaryArray)batch.Column("prediction_id")).GetBytes(r)));
        Assert.Equal(5_000 + i, ((TimestampArray)batch.Column("request_time")).GetValue(r));
        Assert.Equal(TestModels.Id(i % 5 == 0 ? i + 1_000 : i), PredictionId.Read(((FixedSizeBinaryArray)batch.Column("request_id")).GetBytes(r)));
        Assert.Equal(i % 7 == 0 ? 2.5 : 1, ((DoubleArray)batch.Column("sampling_weight")).GetValue(r));
        Assert.Equal(777, ((Int64Array)batch.Column("latency_ns")).GetValue(r));
        Assert.Equal(i % 2 == 0 ? i : null, ((Int64Array)batch.Column("latency_features_ns")).GetValue(r));
        Assert.Equal(i % 3 == 0 ? 0 : null, ((Int64Array)batch.Column("latency_queue_ns")).GetValue(r));
        Assert.Null(((Int64Array)batch.Column("latency_run_ns")).GetValue(r));
        Assert.Equal(1, ((Int32Array)batch.Column("model_version")).GetValue(r));
        Assert.Equal("champion", ((StringArray)batch.Column("variant")).GetString(r));
        Assert.Equal(isOk ? (byte)0 : (byte)3, ((UInt8Array)batch.Column("outcome")).GetValue(r));
        Assert.Equal(isOk ? i / 3.0 : null, ((DoubleArray)batch.Column("score")).GetValue(r));
        var outputs = (DoubleArray?)((ListArray)batch.Column("scores")).GetSlicedValues(r);
        Assert.Equal(isOk ? [0.25, i / 3.0] : null, outputs?.Values.ToArray());

        var key = ((BinaryArray)batch.Column("entity_key")).GetBytes(r, out var isNull);
        Assert.Equal(i % 3 == 0, isNull);
        Assert.True(isNull || EntityKeyEncoding.Decode(key).AsSpan().SequenceEqual(keys));
        Assert.Equal(isNull ? null : "Flash Cab é", ((StringArray)batch.Column("k_company")).GetString(r));
        Assert.Equal(isNull ? null : 8L, ((Int64Array)batch.Column("k_area")).GetValue(r));
        Assert.Equal("area", batch.Schema.GetFieldByName("k_area").Metadata[PredictionColumns.EntityKeyKey]);

        var traces = (FixedSizeBinaryArray)batch.Column("trace_id");
        Assert.Equal(i % 2 == 0, traces.IsValid(r));
        Assert.True(traces.IsNull(r) || trace == ActivityTraceId.CreateFromBytes(traces.GetBytes(r)));

        var tags = (MapArray)batch.Column("tags");
        Assert.Equal(i % 4 == 0, tags.IsValid(r));
        if (tags.IsValid(r))
        {
            var pairs = tags.GetKeyValuePairs<StringArray, string, StringArray, string>(r, (a, n) => a.GetString(n), (a, n) => a.GetString(n));
            Assert.Equal([new("city", "Chicago ✓"), new("empty", "")], pairs);
        }
    }

    private static void AssertFeatures(RecordBatch batch, int r, FeatureRows rows, int row)
    {
        var layout = rows.Layout;
        for (var i = 0; i < layout.Columns.Count; i++)
        {
            var name = "f_" + layout.Columns[i].Name;
            var field = batch.Schema.GetFieldByName(name);
            Assert.Equal(layout.Columns[i].Name, field.Metadata[PredictionColumns.FeatureKey]);
            var status = rows.StatusOf(row)[i];
            Assert.Equal((byte)status, ((UInt8Array)batch.Column(name + "__status")).GetValue(r));
            Assert.Equal(layout.Columns[i].Name, batch.Schema.GetFieldByName(name + "__status").Metadata[PredictionColumns.FeatureStatusKey]);
            var column = batch.Column(name);
            Assert.Equal(status == FeatureStatus.Present, column.IsValid(r));
            if (status != FeatureStatus.Present)
            {
                continue;
            }

            var ordinal = layout.OffsetOf(i);
            switch (column)
            {
                case FloatArray floats:
                    Assert.Equal(BitConverter.SingleToInt32Bits(rows.Float32Of(row)[ordinal]), BitConverter.SingleToInt32Bits(floats.GetValue(r)!.Value));
                    break;
                case DoubleArray doubles:
                    Assert.Equal(BitConverter.DoubleToInt64Bits(rows.Float64Of(row)[ordinal]), BitConverter.DoubleToInt64Bits(doubles.GetValue(r)!.Value));
                    break;
                case Int64Array integers:
                    Assert.Equal(rows.Int64Of(row)[ordinal], integers.GetValue(r));
                    break;
                case BooleanArray booleans:
                    Assert.Equal(rows.BooleanOf(row)[ordinal], booleans.GetValue(r));
                    break;
                default:
                    Assert.True(((StringArray)column).GetBytes(r).SequenceEqual(rows.StringOf(row, ordinal)));
                    break;
            }
        }

        for (var i = 0; i < layout.Views.Count; i++)
        {
            var time = ((TimestampArray)batch.Column("v_" + layout.Views[i] + "__event_time")).GetValue(r);
            Assert.Equal(rows.EventTimesOf(row)[i], time ?? FeatureRows.NoEventTime);
        }
    }
}
