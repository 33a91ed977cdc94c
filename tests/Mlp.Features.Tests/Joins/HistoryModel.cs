using Apache.Arrow;
using Apache.Arrow.Types;
using FsCheck;
using FsCheck.Fluent;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Joins;

/// <summary>
/// What the offline store answers, as a list that is looked through row by row: few keys and few times, so that ties, late arrivals and expiry exactly at the edge are the rule. The view <c>pair</c> has all rows by name and
/// area, the view <c>single</c> the same rows by area alone.
/// </summary>
internal static class HistoryModel
{
    internal const long Start = 1_767_225_600_000_000;

    /// <summary>Of <c>pair</c>; <c>single</c> has none.</summary>
    internal const int TimeToLive = 3;

    internal static FeatureCatalog Catalog { get; } = new FeaturesBuilder()
        .Add(new FeatureViewBuilder("pair").Key("name", EntityValueKind.String).Key("area", EntityValueKind.Int64).EventTime("e").CreatedTime("c")
            .Feature("f", FeatureType.Float32).Feature("n", FeatureType.Int64).Feature("d", FeatureType.Float64).Feature("b", FeatureType.Boolean).Feature("s", FeatureType.String)
            .TimeToLive(TimeSpan.FromMicroseconds(TimeToLive)).Build())
        .Add(new FeatureViewBuilder("single").Key("area", EntityValueKind.Int64).EventTime("e").CreatedTime("c").Feature("g", FeatureType.Float32).Build())
        .AddService("all", 1, s => s.From("single", 1).From("pair", 1, "s", "f", "n", "b", "d"))
        .AddService("pairs", 1, s => s.From("pair", 1))
        .Build();

    internal static Gen<HistoryRow> AnyRow =>
        from name in AnyName
        from area in AnyArea
        from time in Gen.Choose(0, 8)
        from delay in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(0, 6)), (1, Gen.Choose(-3, 0)))
        from value in Gen.Choose(0, 60)
        from batch in Gen.Choose(0, 2)
        select new HistoryRow(name, area, time, delay, value, batch);

    internal static Gen<HistoryAsk> AnyAsk =>
        from name in AnyName
        from area in AnyArea
        from time in Gen.Choose(-1, 14)
        select new HistoryAsk(name, area, time);

    internal static Gen<JoinMode> AnyMode => Gen.Elements(JoinMode.EventTime, JoinMode.CreatedTime);

    private static Gen<string?> AnyName => Gen.Elements<string?>("a", "b", "", null);

    private static Gen<long?> AnyArea => Gen.Elements<long?>(1, 2, null);

    /// <summary>Takes the rows in, batch by batch.</summary>
    /// <returns>The rows in the order of their sequences.</returns>
    internal static async Task<List<HistoryRow>> IngestAsync(FeatureStore store, IEnumerable<HistoryRow> rows)
    {
        var sequenced = new List<HistoryRow>();
        foreach (var batch in rows.GroupBy(row => row.Batch).OrderBy(group => group.Key))
        {
            sequenced.AddRange(batch);
            await store.IngestAsync("pair", Rows([.. batch]));
            await store.IngestAsync("single", Rows([.. batch]));
        }

        return sequenced;
    }

    /// <summary>The rows that may be seen at a time, by event time, created time and order of ingest.</summary>
    /// <param name="rows">Rows in the order of their sequences.</param>
    /// <param name="time">The time.</param>
    /// <param name="mode">Which of their times counts.</param>
    internal static IEnumerable<HistoryRow> Visible(IEnumerable<HistoryRow> rows, int time, JoinMode mode)
        => InOrder(rows).Where(row => row.Event <= time && (mode == JoinMode.EventTime || row.Created <= time));

    /// <summary>Of rows with one key of <c>pair</c> and one event time the last.</summary>
    /// <param name="rows">Rows in the order of their sequences.</param>
    internal static IEnumerable<HistoryRow> Latest(IEnumerable<HistoryRow> rows)
        => InOrder(rows).GroupBy(row => (row.Name, row.Area, row.Event)).Select(group => group.Last());

    internal static DateTimeOffset At(int time) => Microseconds.ToDateTimeOffset(Start + time);

    internal static int? Bits(float? value) => value is { } x ? BitConverter.SingleToInt32Bits(x) : null;

    internal static RecordBatch Questions(IReadOnlyList<HistoryAsk> asks, string timeColumn = "t")
        => new RecordBatch.Builder().Append(timeColumn, true, Times(asks.Select(a => a.Time))).Append("area", true, Longs(asks.Select(a => a.Area))).Append("name", true, Texts(asks.Select(a => a.Name))).Build();

    private static IEnumerable<HistoryRow> InOrder(IEnumerable<HistoryRow> rows)
        => rows.Select((row, sequence) => (row, sequence)).OrderBy(r => r.row.Event).ThenBy(r => r.row.Created).ThenBy(r => r.sequence).Select(r => r.row);

    private static RecordBatch Rows(IReadOnlyList<HistoryRow> rows) => new RecordBatch.Builder()
        .Append("name", true, Texts(rows.Select(r => r.Name)))
        .Append("area", true, Longs(rows.Select(r => r.Area)))
        .Append("e", true, Times(rows.Select(r => r.Event)))
        .Append("c", true, Times(rows.Select(r => r.Created)))
        .Append("f", true, rows.Aggregate(new FloatArray.Builder(), (b, r) => b.Append(r.F)).Build())
        .Append("n", true, Longs(rows.Select(r => (long?)r.N)))
        .Append("d", true, rows.Aggregate(new DoubleArray.Builder(), (b, r) => b.Append(r.D)).Build())
        .Append("b", true, rows.Aggregate(new BooleanArray.Builder(), (b, r) => r.B is { } x ? b.Append(x) : b.AppendNull()).Build())
        .Append("s", true, Texts(rows.Select(r => r.S)))
        .Append("g", true, rows.Aggregate(new FloatArray.Builder(), (b, r) => b.Append(r.G)).Build())
        .Build();

    private static StringArray Texts(IEnumerable<string?> values) => values.Aggregate(new StringArray.Builder(), (b, v) => b.Append(v)).Build();

    private static Int64Array Longs(IEnumerable<long?> values) => values.Aggregate(new Int64Array.Builder(), (b, v) => b.Append(v)).Build();

    private static TimestampArray Times(IEnumerable<int> values)
        => values.Aggregate(new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, "UTC")), (b, v) => b.Append(At(v))).Build();
}
