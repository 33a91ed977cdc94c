using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

/// <summary>Times at which a join could see too much: equal, a fraction of a microsecond apart, out of order, of every unit, at the ends of the calendar. Every label row comes back, in its order.</summary>
public sealed class AdversarialTimeTests : IDisposable
{
    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add(new FeatureViewBuilder("v").Key("id", EntityValueKind.Int64).EventTime("e").CreatedTime("c").Feature("f", FeatureType.Int64).Build())
        .Add(new FeatureViewBuilder("hourly").Key("id", EntityValueKind.Int64).EventTime("e").CreatedTimeEqualsEventTime().Feature("trips", FeatureType.Int64).Feature("earnings", FeatureType.Float32)
            .TimeToLive(TimeSpan.FromHours(2)).Build())
        .AddService("s", 1, s => s.From("v", 1))
        .AddService("drivers", 1, s => s.From("hourly", 1))
        .Build();

    // The first and last microseconds that are taken, and the edges in between where signs and digits change.
    private static readonly long[] Edges =
    [
        -62_135_596_800_000_000, -62_135_596_799_999_999, -1_000_000_000_000, -1_000_001, -1_000_000, -1, 0, 1, 1_767_225_600_000_000, 1_767_225_600_000_001, 253_402_300_799_999_998, 253_402_300_799_999_999,
    ];

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public AdversarialTimeTests() => _store = FeatureStore.Open(_temp.FullName, Catalog);

    [Theory]
    [InlineData(JoinMode.EventTime)]
    [InlineData(JoinMode.CreatedTime)]
    public async Task Join_TimesAtTheEdgesOutOfOrder_SeesNothingFromTheFuture(JoinMode mode)
    {
        var random = new Random(5);
        foreach (var edges in Edges.OrderBy(_ => random.Next()).Chunk(3))
        {
            await _store.IngestAsync("v", Rows(edges.Select(e => (1L, e, e, e))));
        }

        long[] asked = [.. Edges.SelectMany(e => new[] { e - 1, e, e + 1 }).Where(t => t >= Edges[0] && t <= Edges[^1]).OrderBy(_ => random.Next())];
        using var set = await _store.CreateTrainingSetAsync("s", Spine(asked.Select(t => (1L, t))), "t", options: new() { Mode = mode });

        Assert.Equal(asked.Select(t => (t, (long?)Edges.Where(e => e <= t).Max())), await ReadAsync(set, "f"));
        Assert.True((await _store.CheckLeakageAsync(set)).IsClean);
        using var range = await _store.CreateTrainingSetFromRangeAsync("s", DateTimeOffset.MinValue, DateTimeOffset.MaxValue, options: new() { Mode = mode });

        // By created time nothing is known that lies ahead of the clock.
        Assert.Equal(mode == JoinMode.EventTime ? Edges : Edges[..^2], (await ReadAsync(range, "f", "event_time")).Select(r => r.Time));
    }

    [Theory]
    [InlineData(TimeUnit.Second)]
    [InlineData(TimeUnit.Millisecond)]
    [InlineData(TimeUnit.Microsecond)]
    [InlineData(TimeUnit.Nanosecond)]
    public async Task Join_EveryUnitOnBothSides_AgreesWithMicroseconds(TimeUnit unit)
    {
        var (perSecond, numbers) = (unit switch { TimeUnit.Second => 1L, TimeUnit.Millisecond => 1000, TimeUnit.Microsecond => 1_000_000, _ => 1_000_000_000 }, new long[] { -3, -1, 0, 1, 2, 999, 1000, 1001, 1_000_000_001 });
        await _store.IngestAsync("v", Rows(numbers.Select(n => (1L, n, n, n)), unit));
        var asked = numbers.SelectMany(n => new[] { n - 1, n, n + 1 }).ToArray();
        using var set = await _store.CreateTrainingSetAsync("s", Spine(asked.Select(t => (1L, t)), unit), "t", options: new() { Mode = JoinMode.CreatedTime });

        // Feature times were rounded up, label times down.
        long Up(long n) => perSecond <= 1_000_000 ? n * (1_000_000 / perSecond) : (long)Math.Ceiling(n / 1000m);
        long Down(long n) => perSecond <= 1_000_000 ? n * (1_000_000 / perSecond) : (long)Math.Floor(n / 1000m);
        var expected = asked.Select(t => (Down(t), numbers.Where(n => Up(n) <= Down(t)).Select(n => (long?)n).LastOrDefault()));
        Assert.Equal(expected, await ReadAsync(set, "f"));
    }

    [Fact]
    public async Task Join_EqualEventTimes_TakesTheLatestKnownThen()
    {
        const long T = 1_767_225_600_000_000;
        await _store.IngestAsync("v", Rows([(1, T, T + 5, 1), (1, T, T + 3, 2), (1, T, T + 5, 3)]));
        await _store.IngestAsync("v", Rows([(1, T, T + 1, 4), (1, T - 10, T + 9, 5)]));
        long[] asked = [T - 1, T, T + 1, T + 2, T + 3, T + 4, T + 5, T + 9, T + 10];
        using var known = await _store.CreateTrainingSetAsync("s", Spine(asked.Select(t => (1L, t))), "t", options: new() { Mode = JoinMode.CreatedTime });
        Assert.Equal([null, null, 4, 4, 2, 2, 3, 3, 3], (await ReadAsync(known, "f")).Select(r => r.Value));
        using var best = await _store.CreateTrainingSetAsync("s", Spine(asked.Select(t => (1L, t))), "t");
        Assert.Equal([5, 3, 3, 3, 3, 3, 3, 3, 3], (await ReadAsync(best, "f")).Select(r => r.Value));
    }

    [Theory]
    [InlineData(-62_135_596_800_000_001)]
    [InlineData(253_402_300_800_000_000)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task Join_LabelBeyondTheCalendar_IsRefused(long time)
    {
        var error = await Assert.ThrowsAsync<SpineException>(() => _store.CreateTrainingSetAsync("s", Spine([(1, 0), (1, time)]), "t"));
        Assert.Equal("Expected column 't' of the rows to hold a time of the years 1 to 9999 for feature service 's' version 1, but found one beyond in row 2.", error.Message);
    }

    /// <summary>
    /// The example of Feast's page on point-in-time joins, in its shape: hourly rows of drivers that live two hours; of five labels the first is older than every row and the last eleven hours younger, and all come back.
    /// </summary>
    [Fact]
    public async Task Join_FeastsWorkedExample_KeepsEveryLabelAndJoinsThree()
    {
        var day = new DateTimeOffset(2021, 4, 12, 0, 0, 0, TimeSpan.Zero);
        long At(double hours) => Microseconds.FromRequestTime(day.AddHours(hours));
        (long Id, double Hour, long Trips, float Earnings)[] stats = [(1001, 8, 3, 30.5f), (1001, 9, 5, 51f), (1002, 8, 2, 18f), (1002, 9, 4, 40f), (1003, 9, 1, 9.5f), (1003, 10, 2, 20f)];
        await _store.IngestAsync("hourly", new RecordBatch.Builder()
            .Append("id", true, Longs(stats.Select(s => s.Id))).Append("e", true, Longs(stats.Select(s => At(s.Hour))))
            .Append("trips", true, Longs(stats.Select(s => s.Trips))).Append("earnings", true, new FloatArray.Builder().AppendRange(stats.Select(s => s.Earnings)).Build()).Build());
        (long, long)[] labels = [(1001, At(7)), (1002, At(9.5)), (1001, At(9)), (1003, At(11.99)), (1003, At(21))];
        using var set = await _store.CreateTrainingSetAsync("drivers", Spine(labels), "t");

        Assert.Equal([null, 4, 5, 2, null], (await ReadAsync(set, "trips")).Select(r => r.Value));
        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal([0, 1, 1, 1, 3], ((UInt8Array)batch.Column("hourly__status")).Values.ToArray());
            Assert.Equal([null, 40f, 51f, 20f, null], Enumerable.Range(0, 5).Select(((FloatArray)batch.Column("earnings")).GetValue));
        }
    }

    public void Dispose() => _temp.Dispose();

    private static RecordBatch Rows(IEnumerable<(long Id, long Event, long Created, long Value)> rows, TimeUnit unit = TimeUnit.Microsecond)
    {
        var list = rows.ToList();
        return new RecordBatch.Builder()
            .Append("id", true, Longs(list.Select(r => r.Id))).Append("e", true, Times(list.Select(r => r.Event), unit)).Append("c", true, Times(list.Select(r => r.Created), unit)).Append("f", true, Longs(list.Select(r => r.Value))).Build();
    }

    private static RecordBatch Spine(IEnumerable<(long Id, long Time)> rows, TimeUnit unit = TimeUnit.Microsecond)
        => new RecordBatch.Builder().Append("id", true, Longs(rows.Select(r => r.Id))).Append("t", true, Times(rows.Select(r => r.Time), unit)).Build();

    private static Int64Array Longs(IEnumerable<long> values) => new Int64Array.Builder().AppendRange(values).Build();

    private static TimestampArray Times(IEnumerable<long> values, TimeUnit unit)
    {
        var array = Longs(values);
        return new TimestampArray(new ArrayData(new TimestampType(unit, "UTC"), array.Length, 0, 0, array.Data.Buffers));
    }

    private static async Task<List<(long Time, long? Value)>> ReadAsync(JoinedTrainingSet set, string column, string time = "t")
    {
        var rows = new List<(long, long?)>();
        await foreach (var batch in set.ReadAsync())
        {
            rows.AddRange(Enumerable.Range(0, batch.Length).Select(i => (((TimestampArray)batch.Column(time)).GetValue(i)!.Value, ((Int64Array)batch.Column(column)).GetValue(i))));
        }

        return rows;
    }
}
