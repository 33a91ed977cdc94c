using Apache.Arrow;
using Apache.Arrow.Types;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

/// <summary>The join against a list that is looked through row by row: few keys and few times, so that ties, late arrivals and expiry exactly at the edge are the rule.</summary>
public sealed class PointInTimeJoinPropertyTests
{
    private const long Start = 1_767_225_600_000_000;
    private const long TimeToLive = 3;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add(new FeatureViewBuilder("pair").Key("name", EntityValueKind.String).Key("area", EntityValueKind.Int64).EventTime("e").CreatedTime("c")
            .Feature("f", FeatureType.Float32).Feature("n", FeatureType.Int64).Feature("d", FeatureType.Float64).Feature("b", FeatureType.Boolean).Feature("s", FeatureType.String)
            .TimeToLive(TimeSpan.FromMicroseconds(TimeToLive)).Build())
        .Add(new FeatureViewBuilder("single").Key("area", EntityValueKind.Int64).EventTime("e").CreatedTime("c").Feature("g", FeatureType.Float32).Build())
        .AddService("all", 1, s => s.From("single", 1).From("pair", 1, "s", "f", "n", "b", "d"))
        .Build();

    public sealed record Row(string? Name, long? Area, int Event, int Delay, int Value, int Batch);

    public sealed record Ask(string? Name, long? Area, int Time);

    public sealed record Case(IReadOnlyList<Row> Rows, IReadOnlyList<Ask> Asks, JoinMode Mode);

    [Property(MaxTest = 40, Arbitrary = [typeof(Cases)])]
    public void Join_AnyHistory_EqualsBruteForce(Case history)
    {
        using var temp = new TempDirectory();
        var store = FeatureStore.Open(temp.FullName, Catalog);
        Check(store, history).GetAwaiter().GetResult();
    }

    /// <summary>The third promise's second half: where every row was known at its event time, it makes no difference which time is asked for.</summary>
    [Property(MaxTest = 20, Arbitrary = [typeof(Cases)])]
    public async Task Join_NothingLate_BothModesGiveTheSameRows(Case history)
    {
        using var temp = new TempDirectory();
        var store = FeatureStore.Open(temp.FullName, Catalog);
        foreach (var batch in history.Rows.Select(r => r with { Delay = 0 }).GroupBy(r => r.Batch).OrderBy(g => g.Key))
        {
            await store.IngestAsync("pair", Rows([.. batch]));
            await store.IngestAsync("single", Rows([.. batch]));
        }

        using var byEvent = await store.CreateTrainingSetAsync("all", Questions(history.Asks), "t", mode: JoinMode.EventTime);
        using var byCreated = await store.CreateTrainingSetAsync("all", Questions(history.Asks), "t", mode: JoinMode.CreatedTime);

        Assert.Equal(history.Asks.Count, byEvent.Manifest.RowCount);
        Assert.Equal(byEvent.Manifest.ContentHash, byCreated.Manifest.ContentHash);
    }

    private static async Task Check(FeatureStore store, Case history)
    {
        var sequenced = new List<Row>();
        foreach (var batch in history.Rows.GroupBy(r => r.Batch).OrderBy(g => g.Key))
        {
            sequenced.AddRange(batch);
            await store.IngestAsync("pair", Rows([.. batch]));
            await store.IngestAsync("single", Rows([.. batch]));
        }

        using var set = await store.CreateTrainingSetAsync("all", Questions(history.Asks), "t", mode: history.Mode);
        var number = 0;
        await foreach (var batch in set.ReadAsync())
        {
            for (var i = 0; i < batch.Length; i++, number++)
            {
                var ask = history.Asks[number];
                Assert.Equal(number, ((Int64Array)batch.Column(TrainingSetColumns.RowNumber)).GetValue(i));
                Assert.Equal(ask.Name, ((StringArray)batch.Column("name")).GetString(i));
                AssertView(batch, i, "pair", TimeToLive, Expect(sequenced, ask, history.Mode, r => (r.Name, r.Area) == (ask.Name, ask.Area), ask.Name is not null && ask.Area is not null), ask);
                AssertView(batch, i, "single", 0, Expect(sequenced, ask, history.Mode, r => r.Area == ask.Area, ask.Area is not null), ask);
            }
        }

        Assert.Equal(history.Asks.Count, number);
        var report = await store.CheckLeakageAsync(set);
        Assert.Equal(history.Asks.Count, report.RowCount);
        Assert.True(report.IsClean);
    }

    /// <summary>The row that is known: of those visible the last by event time, created time and order of ingest.</summary>
    private static Row? Expect(List<Row> rows, Ask ask, JoinMode mode, Func<Row, bool> isKey, bool hasKey)
        => !hasKey ? null : rows.Select((r, i) => (Row: r, Sequence: i))
            .Where(r => isKey(r.Row) && r.Row.Event <= ask.Time && (mode == JoinMode.EventTime || r.Row.Event + r.Row.Delay <= ask.Time))
            .OrderBy(r => r.Row.Event).ThenBy(r => r.Row.Event + r.Row.Delay).ThenBy(r => r.Sequence)
            .Select(r => r.Row).LastOrDefault();

    private static void AssertView(RecordBatch batch, int i, string view, long timeToLive, Row? expected, Ask ask)
    {
        var status = expected is null ? FeatureStatus.Missing
            : timeToLive > 0 && ask.Time - expected.Event > timeToLive ? FeatureStatus.Expired
            : FeatureStatus.Present;
        Assert.Equal((byte)status, ((UInt8Array)batch.Column(TrainingSetColumns.StatusOf(view))).GetValue(i));
        Assert.Equal(Start + expected?.Event, ((Int64Array)batch.Column(TrainingSetColumns.EventTimeOf(view))).GetValue(i));
        var row = status == FeatureStatus.Present ? expected : null;
        if (view == "single")
        {
            AssertFloat(G(row), "g");
            return;
        }

        AssertFloat(F(row), "f");
        Assert.Equal(row is null ? null : N(row), ((Int64Array)batch.Column("n")).GetValue(i));
        Assert.Equal(B(row), ((BooleanArray)batch.Column("b")).GetValue(i));
        Assert.Equal(S(row), ((StringArray)batch.Column("s")).GetString(i));
        var d = ((DoubleArray)batch.Column("d")).GetValue(i);
        Assert.Equal(D(row) is { } x ? BitConverter.DoubleToInt64Bits(x) : (long?)null, d is { } y ? BitConverter.DoubleToInt64Bits(y) : (long?)null);

        void AssertFloat(float? value, string column)
        {
            var found = ((FloatArray)batch.Column(column)).GetValue(i);
            Assert.Equal(value is { } a ? BitConverter.SingleToInt32Bits(a) : (int?)null, found is { } b ? BitConverter.SingleToInt32Bits(b) : (int?)null);
        }
    }

    // Values with bits of their own: negative zero, NaNs with a payload, nulls.
    private static float? F(Row? row) => row is null || row.Value % 5 == 0 ? null : row.Value % 5 == 1 ? -0f : row.Value % 5 == 2 ? BitConverter.Int32BitsToSingle(0x7fc00000 + row.Value) : row.Value / 7f;

    private static float? G(Row? row) => row is null ? null : row.Value / 3f;

    private static double? D(Row? row) => row is null || row.Value % 4 == 0 ? null : row.Value % 4 == 1 ? -0d : row.Value / 11d;

    private static long N(Row row) => long.MaxValue - row.Value;

    private static bool? B(Row? row) => row is null || row.Value % 3 == 0 ? null : row.Value % 3 == 1;

    private static string? S(Row? row) => row is null || row.Value % 6 == 0 ? null : row.Value % 6 == 1 ? string.Empty : $"µ{row.Value}";

    private static RecordBatch Rows(IReadOnlyList<Row> rows)
    {
        var batch = new RecordBatch.Builder();
        batch.Append("name", true, Texts(rows.Select(r => r.Name)));
        batch.Append("area", true, Longs(rows.Select(r => r.Area)));
        batch.Append("e", true, Times(rows.Select(r => r.Event)));
        batch.Append("c", true, Times(rows.Select(r => r.Event + r.Delay)));
        batch.Append("f", true, rows.Aggregate(new FloatArray.Builder(), (b, r) => b.Append(F(r))).Build());
        batch.Append("n", true, Longs(rows.Select(r => (long?)N(r))));
        batch.Append("d", true, rows.Aggregate(new DoubleArray.Builder(), (b, r) => b.Append(D(r))).Build());
        batch.Append("b", true, rows.Aggregate(new BooleanArray.Builder(), (b, r) => B(r) is { } x ? b.Append(x) : b.AppendNull()).Build());
        batch.Append("s", true, Texts(rows.Select(S)));
        batch.Append("g", true, rows.Aggregate(new FloatArray.Builder(), (b, r) => b.Append(G(r))).Build());
        return batch.Build();
    }

    private static RecordBatch Questions(IReadOnlyList<Ask> asks)
    {
        var batch = new RecordBatch.Builder();
        batch.Append("t", true, Times(asks.Select(a => a.Time)));
        batch.Append("area", true, Longs(asks.Select(a => a.Area)));
        batch.Append("name", true, Texts(asks.Select(a => a.Name)));
        return batch.Build();
    }

    private static StringArray Texts(IEnumerable<string?> values) => values.Aggregate(new StringArray.Builder(), (b, v) => b.Append(v)).Build();

    private static Int64Array Longs(IEnumerable<long?> values) => values.Aggregate(new Int64Array.Builder(), (b, v) => b.Append(v)).Build();

    private static TimestampArray Times(IEnumerable<int> values)
        => values.Aggregate(new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, "UTC")), (b, v) => b.Append(Microseconds.ToDateTimeOffset(Start + v))).Build();

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
                select new Case([.. rows], [.. asks], mode);
            return cases.ToArbitrary();
        }
    }
}
