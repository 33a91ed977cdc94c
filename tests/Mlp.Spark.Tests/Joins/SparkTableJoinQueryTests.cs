using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Spark.Connect;
using Mlp.Spark.Joins;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Joins;

/// <summary>Joins over tables of Spark, what the offline store gives Spark to read, and what is refused; the same on every version.</summary>
public abstract class SparkTableJoinQueryTests(SparkServer server) : IDisposable
{
    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add(new FeatureViewBuilder("stats").Key("device", EntityValueKind.Guid).EventTime("seen").CreatedTime("known").TimeToLive(TimeSpan.FromDays(1))
            .Feature("mean", FeatureType.Float64).Feature("count", FeatureType.Int64).Vector("e", 2).Build())
        .AddService("devices", 1, s => s.From("stats", 1))
        .Build();

    private static readonly FeatureServiceDefinition Service = Catalog.Services[0];

    private readonly TempDirectory _temp = new();

    // The clocks go back on 25 October 2026 in Berlin: one wall time there is two instants.
    private static string RowsOf(string type) => $"""
        SELECT * FROM VALUES
          ('0F0E0D0C-0B0A-0908-0706-050403020100', {type}'2026-10-25 00:30:00.000001', {type}'2026-10-25 00:30:00.000001', 1, 0.5F, array(1F, 2F)),
          ('0f0e0d0c-0b0a-0908-0706-050403020100', {type}'2026-10-25 01:30:00.25', {type}'2026-10-25 05:00:00', 2, 1.5F, array(3F, 4F)),
          (NULL, {type}'2026-10-25 00:00:00', {type}'2026-10-25 00:00:00', 3, 9.0F, NULL)
        AS stats(device, seen, known, count, mean, e)
        """;

    private const string Questions = """
        SELECT id, device, TIMESTAMP_NTZ'2026-10-25 00:00:00' + make_dt_interval(0, 0, 0, seconds) AS at, 'x' AS `odd``name` FROM VALUES
          (0, '0f0e0d0c-0b0a-0908-0706-050403020100', 1800.000000), (1, '0F0E0D0C-0B0A-0908-0706-050403020100', 1800.000001), (2, '0f0e0d0c-0b0a-0908-0706-050403020100', 7200.5), (3, NULL, 7200.0),
          (4, '0f0e0d0c-0b0a-0908-0706-050403020100', 18000.0), (5, '0f0e0d0c-0b0a-0908-0706-050403020100', 91800.25), (6, '0f0e0d0c-0b0a-0908-0706-050403020100', 91800.250001)
        AS questions(id, device, seconds)
        """;

    private const string Half = "3fe0000000000000";
    private const string OneAndAHalf = "3ff8000000000000";

    [SparkTheory]
    [InlineData("TIMESTAMP_NTZ")]
    [InlineData("TIMESTAMP")]
    public async Task Join_Tables_TimesOfEachTypeAreUtcWhateverTheZoneOfTheSession(string type)
    {
        await using var session = await server.ConnectAsync();

        // A TIMESTAMP that is written without a zone is of the session's, so that these are the same instants only there.
        await session.Settings.SetAsync("spark.sql.session.timeZone", type == "TIMESTAMP" ? "UTC" : "Europe/Berlin");
        var rows = session.Sql(RowsOf(type));

        var joined = await StatusesAsync(session, rows, JoinMode.CreatedTime);

        Assert.Equal(
            [
                "0 0 null null null",
                $"1 1 {Half} 1 [3f800000, 40000000]",
                $"2 1 {Half} 1 [3f800000, 40000000]",
                "3 0 null null null",
                $"4 1 {OneAndAHalf} 2 [40400000, 40800000]",
                $"5 1 {OneAndAHalf} 2 [40400000, 40800000]",
                "6 3 null null null",
            ],
            joined);
    }

    [SparkFact]
    public async Task Join_TimesAsMicroseconds_AreTheSame()
    {
        await using var session = await server.ConnectAsync();
        await session.Settings.SetAsync("spark.sql.session.timeZone", "UTC");
        var rows = session.Sql(RowsOf("TIMESTAMP")).WithColumn("seen", SparkColumn.Sql("unix_micros(seen)")).WithColumn("known", SparkColumn.Sql("DATE'2026-10-25'"));

        var joined = await StatusesAsync(session, rows, JoinMode.EventTime);

        Assert.StartsWith($"1 1 {Half}", joined[1], StringComparison.Ordinal);
        Assert.StartsWith($"2 1 {OneAndAHalf}", joined[2], StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task Sql_OverTablesOfTheUser_RunsAsItIs()
    {
        await using var session = await server.ConnectAsync();
        await session.Settings.SetAsync("spark.sql.session.timeZone", "UTC");
        await session.Sql(RowsOf("TIMESTAMP")).CreateTemporaryViewAsync("stats");
        await session.Sql(Questions).CreateTemporaryViewAsync("questions");

        var sql = PointInTimeSql.For(Service, new PointInTimeSqlOptions { Entities = "questions", TimeColumn = "at", TimeType = SparkTimeType.TimestampWithoutZone, Mode = JoinMode.CreatedTime });
        var table = session.Sql(sql);

        Assert.Equal(["__row", "id", "device", "at", "odd`name", "mean", "count", "e", "stats__status", "stats__event_time"], (await table.GetSchemaAsync()).FieldsList.Select(f => f.Name));
        Assert.Equal(["0", "1", "1", "0", "1", "1", "3"], await StatusesAsync(table, "CAST(stats__status AS STRING)"));
        var plan = await table.ExplainAsync();
        Assert.Equal(1, plan.Split("Exchange hashpartitioning").Length - 1);
        Assert.DoesNotContain("Join", plan, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task FeatureView_OfCommit_IsItsRowsWithoutThoseDeleted()
    {
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data of 100% #1")).AddFeatures(f => f.Add(RandomHistory.Catalog.FindView("single")!).AddService("singles", 1, s => s.From("single", 1))).Build();
        await platform.StartAsync();
        var store = platform.Features;
        await RandomHistory.IngestSinglesAsync(store, 400, seed: 5);
        await RandomHistory.IngestSinglesAsync(store, 100, seed: 6);
        await using var session = await server.ConnectAsync();

        var first = session.Read.FeatureView(store, "single", timeTravel: OfflineTimeTravel.ToCommits([new FeatureViewCommit("single", 1, store.Catalog.Views[0].Fingerprint, 1)]));
        Assert.Equal(["area", "event_time", "created_time", "ingest_sequence", "g"], (await first.GetSchemaAsync()).FieldsList.Select(f => f.Name));
        Assert.Equal(400, await first.CountAsync());
        Assert.Equal(500, await session.Read.FeatureView(store, "single").CountAsync());

        var area = (await CollectedRows.OfAsync(first.Where("area IS NOT NULL").Select("area").Limit(1))).Int64(0).Single()!.Value;
        await store.DeleteEntityAsync("single", new EntityValue[] { area });
        Assert.Equal(0, await session.Read.FeatureView(store, "single").Where($"area = {area}").CountAsync());
        Assert.True(await session.Read.FeatureView(store, "single").CountAsync() < 500);
    }

    [SparkFact]
    public async Task FeatureView_WithoutRows_IsAnEmptyTable()
    {
        var store = FeatureStore.Open(_temp.FullName, Catalog);
        await using var session = await server.ConnectAsync();

        Assert.Equal(0, await session.Read.FeatureView(store, "stats").CountAsync());
        Assert.Equal(["0", "0", "0", "0", "0", "0", "0"], await StatusesAsync(session.PointInTimeJoin(store, "devices", session.Sql(Questions), "at"), "CAST(stats__status AS STRING)"));
    }

    [SparkFact]
    public async Task Join_WhatDoesNotFit_IsASentence()
    {
        await using var session = await server.ConnectAsync();
        var rows = session.Sql(RowsOf("TIMESTAMP"));
        var questions = session.Sql(Questions);

        Assert.Contains("Expected a column 'device' in the rows for feature service 'devices' version 1, but found 'id'.", (await Assert.ThrowsAsync<SpineException>(() => Join(questions.Select("id"), rows))).Message, StringComparison.Ordinal);
        Assert.Contains("both have 'mean'", (await Assert.ThrowsAsync<SpineException>(() => Join(questions.WithColumn("mean", SparkColumn.Sql("1")), rows))).Message, StringComparison.Ordinal);
        Assert.Contains("a GUID key (its text) for", (await Assert.ThrowsAsync<SpineException>(() => Join(questions.WithColumn("device", SparkColumn.Sql("1")), rows))).Message, StringComparison.Ordinal);
        Assert.Equal(
            "Expected DOUBLE in column 'mean' of the table of feature view 'stats' version 1, but found string.",
            (await Assert.ThrowsAsync<ArgumentException>(() => Join(questions, rows.WithColumn("mean", SparkColumn.Sql("'a'"))))).Message);
        Assert.Contains("Expected a table for every stored view", (await Assert.ThrowsAsync<ArgumentException>(() => session.PointInTimeJoin(Service, questions, "at", new SparkJoinOptions()).CountAsync())).Message, StringComparison.Ordinal);
        Assert.Contains(
            "Expected a time of the years 1 to 9999 in every row of column 'at' of the rows, but found null.",
            (await Assert.ThrowsAsync<SparkException>(() => Join(questions.WithColumn("at", SparkColumn.Sql("CAST(NULL AS TIMESTAMP)")), rows))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "Expected 2 elements, none null, in every row of column 'e' of the table of feature view 'stats' version 1, but found a row with others.",
            (await Assert.ThrowsAsync<SparkException>(() => Join(questions, rows.WithColumn("e", SparkColumn.Sql("array(1F, NULL)"))))).Message,
            StringComparison.Ordinal);

        Task Join(SparkDataFrame asked, SparkDataFrame table)
            => RowTexts.OfAsync(session.PointInTimeJoin(Service, asked, "at", new SparkJoinOptions { Tables = new Dictionary<string, SparkFeatureTable> { ["stats"] = new(table) } }).CollectAsync());
    }

    public void Dispose()
    {
        _temp.Dispose();
        GC.SuppressFinalize(this);
    }

    private static async Task<IReadOnlyList<string>> StatusesAsync(SparkSession session, SparkDataFrame rows, JoinMode mode)
    {
        var joined = session.PointInTimeJoin(Service, session.Sql(Questions), "at", new SparkJoinOptions { Mode = mode, Tables = new Dictionary<string, SparkFeatureTable> { ["stats"] = new(rows) } });
        var texts = await RowTexts.OfAsync(joined.OrderBy("id").Select("id", "stats__status", "mean", "count", "e").CollectAsync());
        return [.. texts.Select(text => string.Join(' ', text.Split("; ").Select(cell => cell[(cell.IndexOf(' ', StringComparison.Ordinal) + 1)..])))];
    }

    private static async Task<IReadOnlyList<string>> StatusesAsync(SparkDataFrame joined, string sql)
        => [.. (await RowTexts.OfAsync(joined.OrderBy("id").SelectSql($"{sql} AS x").CollectAsync())).Select(text => text.Split('\'')[1])];
}
