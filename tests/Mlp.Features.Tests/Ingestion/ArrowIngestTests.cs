using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Definitions;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

public sealed class ArrowIngestTests : IDisposable
{
    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("times")
        .Key("id", EntityValueKind.Guid).EventTime("t").CreatedTime("c").Feature("v", FeatureType.Float64).Build();

    private static readonly Guid Id = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public ArrowIngestTests()
        => _store = FeatureStore.Open(_temp.FullName, new FeaturesBuilder().Add(View).Add<CompanyStats>().AddService("s", 1, s => s.From("times", 1)).Build());

    [Theory]
    [InlineData(TimeUnit.Second, 1_767_225_600L, 1_767_225_600_000_000L)]
    [InlineData(TimeUnit.Millisecond, -1L, -1_000L)]
    [InlineData(TimeUnit.Microsecond, 1_767_225_600_000_001L, 1_767_225_600_000_001L)]
    [InlineData(TimeUnit.Nanosecond, 1_767_225_600_000_000_001L, 1_767_225_600_000_001L)]
    [InlineData(TimeUnit.Nanosecond, -1_999L, -1L)]
    public async Task IngestAsync_TimesOfAnyUnit_AreRoundedUp(TimeUnit unit, long value, long expected)
    {
        var time = new TimestampArray(new ArrayData(new TimestampType(unit, "UTC"), 1, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer.Builder<long>().Append(value).Build()]));
        await _store.IngestAsync("times", Batch(Text(Id.ToString("N").ToUpperInvariant()), time, time, new DoubleArray.Builder().Append(1).Build()));

        Assert.Equal([expected], Reading.Column<long>(_store, View, "epoch_us(event_time)"));
        Assert.Equal([expected], Reading.Column<long>(_store, View, "epoch_us(created_time)"));
        Assert.Equal([Id.ToString("D")], Reading.Column<string>(_store, View, "id"));
    }

    [Fact]
    public async Task IngestAsync_GuidAsBytesAndNarrowerNumbers_FindTheSameEntity()
    {
        var builder = new ArrowBuffer.Builder<byte>();
        builder.Append(Id.ToByteArray(bigEndian: true));
        var binary = new Apache.Arrow.Arrays.FixedSizeBinaryArray(new ArrayData(new FixedSizeBinaryType(16), 1, 0, 0, [ArrowBuffer.Empty, builder.Build()]));
        var one = new Int64Array.Builder().Append(1).Build();
        await _store.IngestAsync("times", Batch(binary, one, one, new Int32Array.Builder().Append(42).Build()));

        using var set = await _store.CreateTrainingSetAsync("s", [new Question(Id, DateTimeOffset.UnixEpoch.AddSeconds(1))], "at");
        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal(42, ((DoubleArray)batch.Column("v")).GetValue(0));
        }
    }

    [Fact]
    public async Task IngestAsync_WrongColumns_SaysWhich()
    {
        var one = new Int64Array.Builder().Append(1).Build();
        var value = new DoubleArray.Builder().Append(1).Build();

        await Refused(Batch(Text("x"), one, one, value), "Expected column 'id' of the Arrow batch to hold a GUID for feature view 'times' version 1, but found a text that is none in row 1.");
        await Refused(
            Batch(Text(Id.ToString()), new Int64Array.Builder().AppendNull().Build(), one, value),
            "Expected column 't' of the Arrow batch to hold a time in every row for feature view 'times' version 1, but found null in row 1.");
        await Refused(
            Batch(Text(Id.ToString()), one, one, one),
            "Expected column 'v' of the Arrow batch to be Float64 (double, float or an integer of at most 32 bits) for feature view 'times' version 1, but found int64.");
        var builder = new RecordBatch.Builder();
        builder.Append("id", true, Text(Id.ToString()));
        await Refused(builder.Build(), "Expected a column 't' for feature view 'times' version 1 in the Arrow batch, but found 'id'.");
    }

    [Theory]
    [InlineData(TimeUnit.Microsecond, long.MaxValue)]
    [InlineData(TimeUnit.Microsecond, long.MinValue)]
    [InlineData(TimeUnit.Microsecond, 253_402_300_800_000_000L)]
    [InlineData(TimeUnit.Microsecond, -62_135_596_800_000_001L)]
    [InlineData(TimeUnit.Second, 253_402_300_800L)]
    [InlineData(TimeUnit.Second, long.MaxValue)]
    public async Task IngestPushAndJoin_TimesBeyondTheCalendar_AreRefused(TimeUnit unit, long value)
    {
        const string Sentence = "to hold a time of the years 1 to 9999 for {0}, but found one beyond in row 2.";
        var time = new TimestampArray(new ArrayData(new TimestampType(unit, "UTC"), 2, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer.Builder<long>().Append(0).Append(value).Build()]));
        var good = new Int64Array.Builder().Append(-62_135_596_800_000_000L).Append(253_402_300_799_999_999L).Build();
        var (ids, values) = (new StringArray.Builder().Append(Id.ToString()).Append(Id.ToString()).Build(), new DoubleArray.Builder().Append(1).Append(1).Build());
        await Refused(Batch(ids, time, good, values), $"Expected column 't' of the Arrow batch {Sentence.Replace("{0}", "feature view 'times' version 1", StringComparison.Ordinal)}");
        await Refused(Batch(ids, good, time, values), $"Expected column 'c' of the Arrow batch {Sentence.Replace("{0}", "feature view 'times' version 1", StringComparison.Ordinal)}");

        using var spine = new RecordBatch.Builder().Append("id", true, ids).Append("at", true, time).Build();
        var error = await Assert.ThrowsAsync<Mlp.Features.Joins.SpineException>(() => _store.CreateTrainingSetAsync("s", spine, "at"));
        Assert.Equal($"Expected column 'at' of the rows {Sentence.Replace("{0}", "feature service 's' version 1", StringComparison.Ordinal)}", error.Message);

        await _store.IngestAsync("times", Batch(ids, good, good, values));
        Assert.Equal([-62_135_596_800_000_000L, 253_402_300_799_999_999L], Reading.Column<long>(_store, View, "epoch_us(event_time)"));
    }

    [Fact]
    public async Task IngestAsync_RecordRoundedBeyondTheCalendar_IsRefused()
    {
        var noon = new DateTimeOffset(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
        CompanyStats[] rows = [new("a", 1, DateTimeOffset.MinValue.AddTicks(10), noon.UtcDateTime, 1, 1, 1, true, null), new("a", 1, DateTimeOffset.MaxValue, noon.UtcDateTime, 1, 1, 1, true, null)];
        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestAsync(rows));
        Assert.Equal("Expected column 'event_timestamp' of the records to hold a time of the years 1 to 9999 for feature view 'company_stats' version 2, but found one beyond in row 2.", e.Message);
    }

    [Fact]
    public async Task IngestAsync_Records_KeepsKeysTimesAndValues()
    {
        var noon = new DateTimeOffset(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
        var rows = Enumerable.Range(0, 20_000).Select(i => new CompanyStats(
            i % 5 == 0 ? null : $"company {i % 7}", i % 11, noon.AddTicks(i), noon.UtcDateTime.AddTicks(i + 10), i, i % 3 == 0 ? null : i / 3f, i / 7d, i % 2 == 0, i % 4 == 0 ? null : "µ"));
        var result = await _store.IngestAsync(rows);

        Assert.Equal((20_000, 4_000), (result.RowCount, result.NullKeyRowCount));
        var view = FeatureViewDefinition.FromRecord<CompanyStats>();
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => (long)i), Reading.Column<long>(_store, view, "trips"));
        Assert.Equal(
            Enumerable.Range(0, 20_000).Select(i => Microseconds.FromFeatureTime(noon.AddTicks(i))), Reading.Column<long>(_store, view, "epoch_us(event_time)"));
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => i % 3 == 0 ? -1 : i / 3f), Reading.Column<float>(_store, view, "coalesce(mean_fare, -1)"));
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => i % 5 == 0 ? "<null>" : $"company {i % 7}"), Reading.Column<string>(_store, view, "coalesce(company, '<null>')"));
    }

    [Fact]
    public async Task IngestAsync_RecordWithoutCreatedTime_NamesTheRow()
    {
        var noon = new DateTimeOffset(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
        CompanyStats[] rows = [new("a", 1, noon, noon.UtcDateTime, 1, 1, 1, true, null), new("a", 1, noon, null, 1, 1, 1, true, null)];

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestAsync(rows));
        Assert.Equal("Expected column 'created' of the records to hold a time in every row for feature view 'company_stats' version 2, but found null in row 2.", e.Message);
        Assert.Null(_store.Offline.Open(FeatureViewDefinition.FromRecord<CompanyStats>()).LastCommit());
    }

    [Fact]
    public async Task IngestAsync_NothingOpened_SaysSo()
    {
        var store = new FeatureStore(new Runtime.Hosting.DataDirectory(_temp.FullName, Runtime.Hosting.MlPlatformMode.Owner), _store.Catalog);
        Assert.Contains("to be open", (await Assert.ThrowsAsync<InvalidOperationException>(() => store.IngestAsync(Enumerable.Empty<CompanyStats>()))).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _temp.Dispose();

    private static RecordBatch Batch(IArrowArray id, IArrowArray t, IArrowArray c, IArrowArray v)
    {
        var builder = new RecordBatch.Builder();
        builder.Append("c", true, c);
        builder.Append("v", true, v);
        builder.Append("id", true, id);
        builder.Append("t", true, t);
        builder.Append("other", true, t);
        return builder.Build();
    }

    private static StringArray Text(string text) => new StringArray.Builder().Append(text).Build();

    private async Task Refused(RecordBatch batch, string sentence)
    {
        Assert.Equal(sentence, (await Assert.ThrowsAsync<IngestException>(() => _store.IngestAsync("times", batch))).Message);
        Assert.Null(_store.Offline.Open(View).LastCommit());
    }

    private sealed record Question(Guid Id, DateTimeOffset At);
}
