using Apache.Arrow;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

/// <summary>The last values of an entity and the rows of a range, against <see cref="HistoryModel"/>.</summary>
public sealed class HistoryPropertyTests
{
    public sealed record Case(HistoryRow[] Rows, HistoryAsk[] Asks, JoinMode Mode, int Count, int From, int Length, int? AsOf)
    {
        internal bool IsInRange(HistoryRow row) => row.Name is not null && row.Area is not null && row.Event >= From && row.Event < From + Length;
    }

    private sealed record Found(long Row, long Rank, long Event, long Created, FeatureStatus Status, int? F, string? S);

    [Property(MaxTest = 60, Arbitrary = [typeof(Cases)])]
    public async Task ReadHistoryAsync_AnyRows_GivesWhatALookThroughGives(Case given)
    {
        using var temp = new TempDirectory();
        var store = FeatureStore.Open(temp.FullName, HistoryModel.Catalog);
        var rows = await HistoryModel.IngestAsync(store, given.Rows);
        var expected = new List<Found>();
        foreach (var (ask, number) in given.Asks.Select((a, i) => (a, i)))
        {
            var own = rows.Where(r => ask.Name is not null && ask.Area is not null && (r.Name, r.Area) == (ask.Name, ask.Area));
            foreach (var (row, rank) in HistoryModel.Latest(HistoryModel.Visible(own, ask.Time, given.Mode)).OrderByDescending(r => r.Event).Take(given.Count).Select((r, i) => (r, i + 1)))
            {
                var isExpired = ask.Time - row.Event > HistoryModel.TimeToLive;
                expected.Add(new Found(
                    number, rank, row.Event, row.Created, isExpired ? FeatureStatus.Expired : FeatureStatus.Present, isExpired ? null : HistoryModel.Bits(row.F), isExpired ? null : row.S));
            }
        }

        var found = new List<Found>();
        var options = new FeatureHistoryOptions { Count = given.Count, TimeColumn = "t", Mode = given.Mode };
        await foreach (var batch in store.ReadHistoryAsync("pair", HistoryModel.Questions(given.Asks), options))
        {
            using (batch)
            {
                found.AddRange(Enumerable.Range(0, batch.Length).Select(i => new Found(
                    ((Int64Array)batch.Column(HistoryColumns.RowNumber)).GetValue(i)!.Value,
                    ((Int64Array)batch.Column(HistoryColumns.Rank)).GetValue(i)!.Value,
                    ((TimestampArray)batch.Column(HistoryColumns.EventTime)).GetValue(i)!.Value - HistoryModel.Start,
                    ((TimestampArray)batch.Column(HistoryColumns.CreatedTime)).GetValue(i)!.Value - HistoryModel.Start,
                    (FeatureStatus)((UInt8Array)batch.Column(HistoryColumns.Status)).GetValue(i)!.Value,
                    HistoryModel.Bits(((FloatArray)batch.Column("f")).GetValue(i)),
                    ((StringArray)batch.Column("s")).GetString(i))));
            }
        }

        Assert.Equal(expected, found);
    }

    [Property(MaxTest = 60, Arbitrary = [typeof(Cases)])]
    public async Task ReadRangeAsync_AnyRows_GivesOnePerEntityAndTimeInOrder(Case given)
    {
        using var temp = new TempDirectory();
        var store = FeatureStore.Open(temp.FullName, HistoryModel.Catalog);
        var rows = await HistoryModel.IngestAsync(store, given.Rows);
        var visible = HistoryModel.Visible(rows.Where(given.IsInRange), given.AsOf ?? int.MaxValue, given.Mode);
        var expected = HistoryModel.Latest(visible).OrderBy(r => r.Event).ThenBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Area)
            .Select(r => (r.Name, r.Area!.Value, (long)r.Event, (long)r.Created, r.S, HistoryModel.Bits(r.F))).ToList();

        var found = new List<(string?, long, long, long, string?, int?)>();
        var options = new FeatureRangeOptions { Mode = given.Mode, AsOf = given.AsOf is { } t ? HistoryModel.At(t) : null, Features = ["s", "f"] };
        await foreach (var batch in store.ReadRangeAsync("pair", HistoryModel.At(given.From), HistoryModel.At(given.From + given.Length), options))
        {
            using (batch)
            {
                Assert.Equal(["name", "area", "event_time", "created_time", "s", "f"], batch.Schema.FieldsList.Select(f => f.Name));
                found.AddRange(Enumerable.Range(0, batch.Length).Select(i => (
                    (string?)((StringArray)batch.Column("name")).GetString(i),
                    ((Int64Array)batch.Column("area")).GetValue(i)!.Value,
                    ((TimestampArray)batch.Column("event_time")).GetValue(i)!.Value - HistoryModel.Start,
                    ((TimestampArray)batch.Column("created_time")).GetValue(i)!.Value - HistoryModel.Start,
                    (string?)((StringArray)batch.Column("s")).GetString(i),
                    HistoryModel.Bits(((FloatArray)batch.Column("f")).GetValue(i)))));
            }
        }

        Assert.Equal(expected, found);
    }

    [Property(MaxTest = 30, Arbitrary = [typeof(Cases)])]
    public async Task CreateTrainingSetFromRangeAsync_AnyRows_IsTheJoinOfThoseRows(Case given)
    {
        using var temp = new TempDirectory();
        var store = FeatureStore.Open(temp.FullName, HistoryModel.Catalog);
        var rows = await HistoryModel.IngestAsync(store, given.Rows);
        using var set = await store.CreateTrainingSetFromRangeAsync(
            "pairs", HistoryModel.At(given.From), HistoryModel.At(given.From + given.Length), options: new() { Mode = given.Mode });
        var keys = HistoryModel.Latest(rows.Where(given.IsInRange))
            .OrderBy(r => r.Event).ThenBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Area).Select(r => new HistoryAsk(r.Name, r.Area, r.Event)).ToArray();
        using var joined = await store.CreateTrainingSetAsync("pairs", Spine(keys), "event_time", options: new() { Mode = given.Mode });

        Assert.Equal(keys.Length, set.Manifest.RowCount);
        Assert.Equal(joined.Manifest.ContentHash, set.Manifest.ContentHash);
        Assert.True((await store.CheckLeakageAsync(set)).IsClean);
    }

    /// <summary>The keys in the order of the view, as the range has them.</summary>
    private static RecordBatch Spine(HistoryAsk[] keys)
    {
        var questions = HistoryModel.Questions(keys, "event_time");
        return new RecordBatch.Builder().Append("name", true, questions.Column("name")).Append("area", true, questions.Column("area")).Append("event_time", true, questions.Column("event_time")).Build();
    }

    public static class Cases
    {
        public static Arbitrary<Case> Arbitrary() =>
            (from rows in HistoryModel.AnyRow.ListOf()
             from asks in HistoryModel.AnyAsk.NonEmptyListOf()
             from mode in HistoryModel.AnyMode
             from count in Gen.Choose(1, 4)
             from start in Gen.Choose(-1, 8)
             from length in Gen.Choose(1, 9)
             from asOf in Gen.Elements<int?>(null, 0, 4, 9)
             select new Case([.. rows], [.. asks], mode, count, start, length, asOf)).ToArbitrary();
    }
}
