using Apache.Arrow;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

/// <summary>The join against <see cref="HistoryModel"/>.</summary>
public sealed class PointInTimeJoinPropertyTests
{
    public sealed record Case(IReadOnlyList<HistoryRow> Rows, IReadOnlyList<HistoryAsk> Asks, JoinMode Mode);

    [Property(MaxTest = 40, Arbitrary = [typeof(Cases)])]
    public async Task Join_AnyHistory_EqualsBruteForce(Case history)
    {
        using var temp = new TempDirectory();
        var store = FeatureStore.Open(temp.FullName, HistoryModel.Catalog);
        var rows = await HistoryModel.IngestAsync(store, history.Rows);
        using var set = await store.CreateTrainingSetAsync("all", HistoryModel.Questions(history.Asks), "t", options: new() { Mode = history.Mode });
        var number = 0;
        await foreach (var batch in set.ReadAsync())
        {
            for (var i = 0; i < batch.Length; i++, number++)
            {
                var ask = history.Asks[number];
                var pair = rows.Where(r => ask.Name is not null && ask.Area is not null && (r.Name, r.Area) == (ask.Name, ask.Area));
                var single = rows.Where(r => ask.Area is not null && r.Area == ask.Area);
                Assert.Equal(number, ((Int64Array)batch.Column(TrainingSetColumns.RowNumber)).GetValue(i));
                Assert.Equal(ask.Name, ((StringArray)batch.Column("name")).GetString(i));
                AssertPair(batch, i, RequireView(batch, i, "pair", HistoryModel.TimeToLive, HistoryModel.Visible(pair, ask.Time, history.Mode).LastOrDefault(), ask));
                AssertFloat(batch, i, "g", RequireView(batch, i, "single", 0, HistoryModel.Visible(single, ask.Time, history.Mode).LastOrDefault(), ask)?.G);
            }
        }

        Assert.Equal(history.Asks.Count, number);
        var report = await store.CheckLeakageAsync(set);
        Assert.Equal(history.Asks.Count, report.RowCount);
        Assert.True(report.IsClean);
    }

    /// <summary>The third promise's second half: where every row was known at its event time, it makes no difference which time is asked for.</summary>
    [Property(MaxTest = 20, Arbitrary = [typeof(Cases)])]
    public async Task Join_NothingLate_BothModesGiveTheSameRows(Case history)
    {
        using var temp = new TempDirectory();
        var store = FeatureStore.Open(temp.FullName, HistoryModel.Catalog);
        await HistoryModel.IngestAsync(store, history.Rows.Select(r => r with { Delay = 0 }));

        using var byEvent = await store.CreateTrainingSetAsync("all", HistoryModel.Questions(history.Asks), "t", options: new() { Mode = JoinMode.EventTime });
        using var byCreated = await store.CreateTrainingSetAsync("all", HistoryModel.Questions(history.Asks), "t", options: new() { Mode = JoinMode.CreatedTime });

        Assert.Equal(history.Asks.Count, byEvent.Manifest.RowCount);
        Assert.Equal(byEvent.Manifest.ContentHash, byCreated.Manifest.ContentHash);
    }

    /// <summary>Checks status and event time of a view; returns the row whose values stand in its features, null for none.</summary>
    private static HistoryRow? RequireView(RecordBatch batch, int i, string view, int timeToLive, HistoryRow? expected, HistoryAsk ask)
    {
        var status = expected is null ? FeatureStatus.Missing
            : timeToLive > 0 && ask.Time - expected.Event > timeToLive ? FeatureStatus.Expired
            : FeatureStatus.Present;
        Assert.Equal((byte)status, ((UInt8Array)batch.Column(TrainingSetColumns.StatusOf(view))).GetValue(i));
        Assert.Equal(HistoryModel.Start + expected?.Event, ((Int64Array)batch.Column(TrainingSetColumns.EventTimeOf(view))).GetValue(i));
        return status == FeatureStatus.Present ? expected : null;
    }

    private static void AssertPair(RecordBatch batch, int i, HistoryRow? row)
    {
        AssertFloat(batch, i, "f", row?.F);
        Assert.Equal(row?.N, ((Int64Array)batch.Column("n")).GetValue(i));
        Assert.Equal(row?.B, ((BooleanArray)batch.Column("b")).GetValue(i));
        Assert.Equal(row?.S, ((StringArray)batch.Column("s")).GetString(i));
        var d = ((DoubleArray)batch.Column("d")).GetValue(i);
        Assert.Equal(row?.D is { } x ? BitConverter.DoubleToInt64Bits(x) : (long?)null, d is { } y ? BitConverter.DoubleToInt64Bits(y) : (long?)null);
    }

    private static void AssertFloat(RecordBatch batch, int i, string column, float? expected)
        => Assert.Equal(HistoryModel.Bits(expected), HistoryModel.Bits(((FloatArray)batch.Column(column)).GetValue(i)));

    public static class Cases
    {
        public static Arbitrary<Case> Arbitrary() =>
            (from rows in HistoryModel.AnyRow.ListOf()
             from asks in HistoryModel.AnyAsk.NonEmptyListOf()
             from mode in HistoryModel.AnyMode
             select new Case([.. rows], [.. asks], mode)).ToArbitrary();
    }
}
