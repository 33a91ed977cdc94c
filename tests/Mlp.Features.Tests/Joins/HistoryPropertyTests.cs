using Apache.Arrow;
using Apache.Arrow.Types;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

/// <summary>The last values of an entity and the rows of a range, against lists that are looked through row by row: few keys and few times, so that ties, corrections and expiry at the edge are the rule.</summary>
public sealed class HistoryPropertyTests
{
    private const long Start = 1_767_225_600_000_000;
    private const long TimeToLive = 3;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add(new FeatureViewBuilder("pair").Key("name", EntityValueKind.String).Key("area", EntityValueKind.Int64).EventTime("e").CreatedTime("c")
            .Feature("f", FeatureType.Float32).Feature("s", FeatureType.String).TimeToLive(TimeSpan.FromMicroseconds(TimeToLive)).Build())
        .AddService("all", 1, s => s.From("pair", 1))
        .Build();

    public sealed record Row(string? Name, long? Area, int Event, int Delay, int Value, int Batch)
    {
        internal int Created => Event + Delay;

        // Nulls, negative zeros and NaNs with a payload.
        internal float? F => Value % 4 == 0 ? null : Value % 4 == 1 ? -0f : Value % 4 == 2 ? BitConverter.Int32BitsToSingle(0x7fc00000 + Value) : Value / 7f;

        internal string? S => Value % 3 == 0 ? null : $"µ{Value}";
    }

    public sealed record Ask(string? Name, long? Area, int Time);

    public sealed record Case(Row[] Rows, Ask[] Asks, JoinMode Mode, int Count, int From, int Length, int? AsOf);

    private sealed record Found(long Row, long Rank, long Event, long Created, FeatureStatus Status, int? F, string? S);

    [Property(MaxTest = 60, Arbitrary = [typeof(Cases)])]
    public async Task ReadHistoryAsync_AnyRows_GivesWhatALookThroughGives(Case given)
    {
        using var temp = new TempDirectory();
        var store = await OpenAsync(temp, given);
        var rows = Sequenced(given);
        var expected = new List<Found>();
        foreach (var (ask, number) in given.Asks.Select((a, i) => (a, i)))
        {
            var visible = rows.Where(r => ask.Name is not null && ask.Area is not null && (r.Name, r.Area) == (ask.Name, ask.Area) && r.Event <= ask.Time
                && (given.Mode == JoinMode.EventTime || r.Created <= ask.Time));
            foreach (var (row, rank) in Dedupe(visible).OrderByDescending(r => r.Event).Take(given.Count).Select((r, i) => (r, i + 1)))
            {
                var isExpired = ask.Time - row.Event > TimeToLive;
                expected.Add(new Found(number, rank, row.Event, row.Created, isExpired ? FeatureStatus.Expired : FeatureStatus.Present, isExpired ? null : Bits(row.F), isExpired ? null : row.S));
            }
        }

        var found = new List<Found>();
        var options = new FeatureHistoryOptions { Count = given.Count, TimeColumn = "t", Mode = given.Mode };
        await foreach (var batch in store.ReadHistoryAsync("pair", Questions(given.Asks), options))
        {
            using (batch)
            {
                found.AddRange(Enumerable.Range(0, batch.Length).Select(i => new Found(
                    ((Int64Array)batch.Column(HistoryColumns.RowNumber)).GetValue(i)!.Value,
                    ((Int64Array)batch.Column(HistoryColumns.Rank)).GetValue(i)!.Value,
                    ((TimestampArray)batch.Column(HistoryColumns.EventTime)).GetValue(i)!.Value - Start,
                    ((TimestampArray)batch.Column(HistoryColumns.CreatedTime)).GetValue(i)!.Value - Start,
                    (FeatureStatus)((UInt8Array)batch.Column(HistoryColumns.Status)).GetValue(i)!.Value,
                    Bits(((FloatArray)batch.Column("f")).GetValue(i)),
                    ((StringArray)batch.Column("s")).GetString(i))));
            }
        }

        Assert.Equal(expected, found);
    }

    [Property(MaxTest = 60, Arbitrary = [typeof(Cases)])]
    public async Task ReadRangeAsync_AnyRows_GivesOnePerEntityAndTimeInOrder(Case given)
    {
        using var temp = new TempDirectory();
        var store = await OpenAsync(temp, given);
        var asOf = given.AsOf ?? int.MaxValue;
        var visible = Sequenced(given).Where(r => r.Name is not null && r.Area is not null && r.Event >= given.From && r.Event < given.From + given.Length
            && r.Event <= asOf && (given.Mode == JoinMode.EventTime || r.Created <= asOf));
        var expected = Dedupe(visible).OrderBy(r => r.Event).ThenBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Area)
            .Select(r => (r.Name, r.Area!.Value, (long)r.Event, (long)r.Created, r.S, Bits(r.F))).ToList();

        var found = new List<(string?, long, long, long, string?, int?)>();
        var options = new FeatureRangeOptions { Mode = given.Mode, AsOf = given.AsOf is { } t ? At(t) : null, Features = ["s", "f"] };
        await foreach (var batch in store.ReadRangeAsync("pair", At(given.From), At(given.From + given.Length), options))
        {
            using (batch)
            {
                Assert.Equal(["name", "area", "event_time", "created_time", "s", "f"], batch.Schema.FieldsList.Select(f => f.Name));
                found.AddRange(Enumerable.Range(0, batch.Length).Select(i => (
                    (string?)((StringArray)batch.Column("name")).GetString(i),
                    ((Int64Array)batch.Column("area")).GetValue(i)!.Value,
                    ((TimestampArray)batch.Column("event_time")).GetValue(i)!.Value - Start,
                    ((TimestampArray)batch.Column("created_time")).GetValue(i)!.Value - Start,
                    (string?)((StringArray)batch.Column("s")).GetString(i),
                    Bits(((FloatArray)batch.Column("f")).GetValue(i)))));
            }
        }

        Assert.Equal(expected, found);
    }

    [Property(MaxTest = 30, Arbitrary = [typeof(Cases)])]
    public async Task CreateTrainingSetFromRangeAsync_AnyRows_IsTheJoinOfThoseRows(Case given)
    {
        using var temp = new TempDirectory();
        var store = await OpenAsync(temp, given);
        using var set = await store.CreateTrainingSetFromRangeAsync("all", At(given.From), At(given.From + given.Length), mode: given.Mode);
        var keys = Dedupe(Sequenced(given).Where(r => r.Name is not null && r.Area is not null && r.Event >= given.From && r.Event < given.From + given.Length))
            .OrderBy(r => r.Event).ThenBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Area).Select(r => new Ask(r.Name, r.Area, r.Event)).ToArray();
        using var joined = await store.CreateTrainingSetAsync("all", Spine(keys), "event_time", mode: given.Mode);

        Assert.Equal(keys.Length, set.Manifest.RowCount);
        Assert.Equal(joined.Manifest.ContentHash, set.Manifest.ContentHash);
        Assert.True((await store.CheckLeakageAsync(set)).IsClean);
    }

    private static IEnumerable<Row> Dedupe(IEnumerable<Row> rows)
        => rows.Select((r, i) => (Row: r, Index: i)).GroupBy(r => (r.Row.Name, r.Row.Area, r.Row.Event)).Select(g => g.OrderBy(r => r.Row.Created).ThenBy(r => r.Index).Last().Row);

    private static List<Row> Sequenced(Case given) => [.. given.Rows.GroupBy(r => r.Batch).OrderBy(g => g.Key).SelectMany(g => g)];

    private static async Task<FeatureStore> OpenAsync(TempDirectory temp, Case given)
    {
        var store = FeatureStore.Open(temp.FullName, Catalog);
        foreach (var batch in given.Rows.GroupBy(r => r.Batch).OrderBy(g => g.Key))
        {
            await store.IngestAsync("pair", Rows([.. batch]));
        }

        return store;
    }

    private static DateTimeOffset At(int time) => Microseconds.ToDateTimeOffset(Start + time);

    private static int? Bits(float? value) => value is { } x ? BitConverter.SingleToInt32Bits(x) : null;

    private static RecordBatch Rows(IReadOnlyList<Row> rows)
    {
        var batch = new RecordBatch.Builder();
        batch.Append("name", true, Texts(rows.Select(r => r.Name)));
        batch.Append("area", true, Longs(rows.Select(r => r.Area)));
        batch.Append("e", true, Times(rows.Select(r => r.Event)));
        batch.Append("c", true, Times(rows.Select(r => r.Created)));
        batch.Append("f", true, rows.Aggregate(new FloatArray.Builder(), (b, r) => b.Append(r.F)).Build());
        batch.Append("s", true, Texts(rows.Select(r => r.S)));
        return batch.Build();
    }

    private static RecordBatch Questions(IReadOnlyList<Ask> asks)
        => new RecordBatch.Builder().Append("t", true, Times(asks.Select(a => a.Time))).Append("area", true, Longs(asks.Select(a => a.Area))).Append("name", true, Texts(asks.Select(a => a.Name))).Build();

    private static RecordBatch Spine(IReadOnlyList<Ask> asks)
        => new RecordBatch.Builder().Append("name", true, Texts(asks.Select(a => a.Name))).Append("area", true, Longs(asks.Select(a => a.Area))).Append("event_time", true, Times(asks.Select(a => a.Time))).Build();

    private static StringArray Texts(IEnumerable<string?> values) => values.Aggregate(new StringArray.Builder(), (b, v) => b.Append(v)).Build();

    private static Int64Array Longs(IEnumerable<long?> values) => values.Aggregate(new Int64Array.Builder(), (b, v) => b.Append(v)).Build();

    private static TimestampArray Times(IEnumerable<int> values)
        => values.Aggregate(new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, "UTC")), (b, v) => b.Append(At(v))).Build();

    public static class Cases
    {
        public static Arbitrary<Case> Arbitrary()
        {
            var name = Gen.Elements<string?>("a", "b", "", null);
            var area = Gen.Elements<long?>(1, 2, null);
            var row =
                from n in name
                from a in area
                from e in Gen.Choose(0, 8)
                from d in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(0, 6)), (1, Gen.Choose(-3, 0)))
                from v in Gen.Choose(0, 60)
                from b in Gen.Choose(0, 2)
                select new Row(n, a, e, d, v, b);
            var ask =
                from n in name
                from a in area
                from t in Gen.Choose(-1, 14)
                select new Ask(n, a, t);
            var cases =
                from rows in row.ListOf()
                from asks in ask.NonEmptyListOf()
                from mode in Gen.Elements(JoinMode.EventTime, JoinMode.CreatedTime)
                from count in Gen.Choose(1, 4)
                from start in Gen.Choose(-1, 8)
                from length in Gen.Choose(1, 9)
                from asOf in Gen.Elements<int?>(null, 0, 4, 9)
                select new Case([.. rows], [.. asks], mode, count, start, length, asOf);
            return cases.ToArbitrary();
        }
    }
}
