using System.Data.Common;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;

namespace Mlp.Features.Tests.Documentation;

// <sample page="features.md">
[FeatureView("company_stats", Version = 1, TimeToLive = "7.00:00:00", Owner = "pricing", Description = "What is known about a company.")]
public sealed record CompanyStats(
    [EntityKey] string? Company,
    [EventTimestamp] DateTimeOffset TripEnd,
    [CreatedTimestamp] DateTimeOffset KnownAt,
    [Feature(Description = "Trips so far.")] long Trips,
    [Feature] float? MeanFare);

public readonly record struct TripRequest(float Fare, int Hour);

public readonly record struct TripFeatures(float FarePerHour, bool IsNight)
{
    public static TripFeatures From(TripRequest r) => new(r.Fare / (r.Hour + 1), r.Hour >= 22);
}
// </sample>

// <sample page="features.md">
[FeatureView("page", CreatedTimeEqualsEventTime = true)]
public sealed record Page(
    [EntityKey] long Id,
    [EventTimestamp] DateTimeOffset At,
    [Feature(Length = 64)] float[]? Embedding,
    [Feature] float Rank);
// </sample>

[FeatureView("shop_stats", CreatedTimeEqualsEventTime = true)]
internal sealed record ShopStats([EntityKey] string Shop, [EventTimestamp] DateTimeOffset At, [Feature] float Sales);

/// <summary>A row of the questions on the pages.</summary>
internal sealed record LabelledTrip(string Company, DateTimeOffset At, float Fare, int Hour, bool Tip);

/// <summary>The code of the pages on the feature store: each region is a code block of its page, and compiles. <see cref="PageSampleTests"/> compares them.</summary>
internal static class PageSamples
{
    internal static void Definitions(IMlPlatformBuilder ml)
    {
        // <sample page="features.md">
        ml.AddFeatures(f => f
            .Add<CompanyStats>()
            .AddOnDemand<TripRequest, TripFeatures>(TripFeatures.From)
            .AddService("big-tipper", version: 1, s => s.From<CompanyStats>().From<TripFeatures>("fare_per_hour")));
        // </sample>
    }

    internal static async Task SourcesAsync(MlPlatform platform, IEnumerable<CompanyStats> records, CsvIngestOptions options, DbCommand command)
    {
        // <sample page="features.md">
        FeatureStore store = platform.Features;
        await store.IngestAsync(records, batchId: "2026-03-01");                      // records, Arrow batches or streams of them
        await store.IngestCsvAsync("company_stats", "trips.csv", options);            // through DuckDB; also IngestParquetAsync
        await store.IngestJsonLinesAsync("company_stats", "trips.jsonl");             // one object per line
        await store.IngestArrowAsync("company_stats", "trips.arrow");                 // Arrow IPC, file or stream
        await store.IngestReaderAsync("company_stats", await command.ExecuteReaderAsync());   // any database with an ADO.NET provider
        await store.IngestSqlAsync(                                                   // a derived view
            "area_stats",
            "SELECT area, max(event_time) AS trip_end, ... FROM companies JOIN areas USING (company) GROUP BY area",
            new Dictionary<string, SqlSource> { ["companies"] = SqlSource.View("company_stats"), ["areas"] = SqlSource.Csv("areas.csv") });
        // </sample>
    }

    internal static async Task CompactionAsync(FeatureStore store)
    {
        // <sample page="features.md">
        await store.CompactAsync("company_stats");                                        // small files; new CompactionOptions { IsFull = true } takes all
        await store.ExpireAsync("company_stats");                                         // removes files of commits that have been kept long enough
        // </sample>
    }

    internal static async Task TimeTravelAsync(FeatureStore store, IEnumerable<LabelledTrip> trips, ITrainingSet set, DateTimeOffset lastMonday)
    {
        // <sample page="features.md">
        await store.CreateTrainingSetAsync("big-tipper", trips, "at", options: new() { TimeTravel = OfflineTimeTravel.ToCommits(set.Manifest.Commits) });     // the same set again, bit for bit
        await store.CreateTrainingSetAsync("big-tipper", trips, "at", options: new() { TimeTravel = OfflineTimeTravel.ToCommitTime(lastMonday) });
        // </sample>
    }

    internal static async Task DeletionAsync(FeatureStore store, Guid id)
    {
        // <sample page="features.md">
        await store.DeleteEntityAsync("company_stats", new EntityValue[] { "Flash Cab" });                          // every version of the view
        await store.DeleteEntityAsync(new Dictionary<string, EntityValue> { ["visitor_id"] = id });                // every view with the key, also ones no longer defined; of composite keys all that have the value
        // </sample>
    }

    internal static async Task TrainingSetsAsync(FeatureStore store, IEnumerable<LabelledTrip> trips)
    {
        // <sample page="features.md">
        using JoinedTrainingSet set = await store.CreateTrainingSetAsync("big-tipper", trips, timeColumn: "at", labelColumn: "tip", new() { Mode = JoinMode.CreatedTime });
        LeakageReport report = await store.CheckLeakageAsync(set);
        // </sample>
    }

    internal static async Task FrozenAsync(FeatureStore store, ITrainingSet set)
    {
        // <sample page="features.md">
        FrozenTrainingSet frozen = await set.SaveAsync("sets/2026-03");                // a new folder; whole or not there at all, also after a power cut
        ITrainingSet again = await TrainingSet.OpenAsync("sets/2026-03");
        using JoinedTrainingSet joined = await store.ReproduceAsync(again);            // joins its own rows of the question at the commits of its manifest
        // </sample>
    }

    internal static async Task HistoriesAsync(FeatureStore store, DateTimeOffset from, DateTimeOffset to, DateTimeOffset yesterday, DateTimeOffset then)
    {
        // <sample page="features.md">
        var last = store.ReadHistoryAsync("company_stats", [new { Company = "a" }], new FeatureHistoryOptions { Count = 5, AsOf = yesterday });
        var days = store.ReadRangeAsync("company_stats", from, to, new FeatureRangeOptions { Mode = JoinMode.CreatedTime, AsOf = then, Features = ["trips"] });
        using var set = await store.CreateTrainingSetFromRangeAsync("companies", from, to);
        // </sample>
    }

    internal static void WithoutPlatform()
    {
        // <sample page="features.md">
        FeatureStore store = FeatureStore.Open("ml-data", new FeaturesBuilder().Add<CompanyStats>().Build(), MlPlatformMode.Reader);
        // </sample>
    }

    internal static async Task OnlineAsync(
        FeatureStore store, DateTimeOffset at, List<ShopStats> rows, DateTimeOffset from, DateTimeOffset to, EntityValue[] keys, long asOf, long[] times, FeatureRows destination, int rowCount)
    {
        // <sample page="online-store.md">
        await store.PushAsync(new ShopStats("north", at, Sales: 12.5f));          // on the device and readable when the task completes
        await store.PushAsync(rows, PushTarget.Online);                          // or OnlineAndOffline (default), Offline
        await store.MaterializeAsync("shop_stats");                              // offline store -> online store, new commits only
        await store.MaterializeAsync();                                          // likewise all views of the application, in all their versions
        await store.MaterializeRangeAsync("shop_stats", from, to);               // back-fill: rows with an event time of a range, of all commits
        await store.ClearOnlineAsync("shop_stats");                              // forget the view's online rows for good: a replay materializes anew

        FeatureRows one = await store.ReadAsync("shop-service", new EntityValue[] { "north" });

        IFeatureServiceReader reader = store.FindService("shop-service")!;       // for many reads: your own destination,
        await reader.ReadAsync(keys, asOf, destination, firstRow: 0, rowCount);  // synchronous and without allocation while rows are in memory
        await reader.ReadAsync(keys, times, destination, firstRow: 0, rowCount); // the same with a time for each row
        // </sample>
    }

    internal static async Task DestinationAsync(IFeatureServiceReader reader, EntityValue[] keys)
    {
        // <sample page="online-store.md">
        var destination = new FeatureRows(reader.Description.Layout, capacity: 256);          // once per thread, not per read
        destination.Reset(2);                                                                 // two rows, every value Missing
        await reader.ReadAsync(keys, Microseconds.FromRequestTime(DateTimeOffset.UtcNow), destination, firstRow: 0, rowCount: 2);
        int sales = destination.Layout.IndexOf("sales");
        FeatureStatus status = destination.StatusOf(0)[sales];                                // of the first row
        float value = destination.Float32Of(0)[destination.Layout.OffsetOf(sales)];           // Float64Of, Int64Of and BooleanOf likewise; a text is StringOf(row, offset)
        // </sample>
    }
}
