using Apache.Arrow;
using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

/// <summary>
/// The examples of Feast's documentation that ask for features of a time, in their shape (their data are pictures or templates, so the values are our own): feature retrieval (training data, batch scoring, all entities of
/// a range), entity aliases, and on-demand features of a stored feature and a request. That of the page on point-in-time joins is in <see cref="AdversarialTimeTests"/>, Feast's own answers are in <see cref="FeastGoldenTests"/>.
/// </summary>
public sealed class FeastExamplesTests : IDisposable
{
    private static readonly DateTimeOffset Day = new(2021, 4, 12, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add<DriverHourlyStats>().Add<DriverDailyFeatures>().Add<LocationStats>()
        .AddOnDemand<ValuesToAdd, DriverInputs, TransformedConvRate>((r, driver) => new TransformedConvRate((double?)driver.ConvRate + r.ValToAdd, (double?)driver.ConvRate + r.ValToAddToo))
        .AddService("model_v1", 1, s => s.From<DriverHourlyStats>("conv_rate", "acc_rate").From<DriverDailyFeatures>())
        .AddService("temperatures", 1, s => s
            .From<LocationStats>().As("origin_stats").WithKeys(("location_id", "origin_id"))
            .From<LocationStats>().As("destination_stats").WithKeys(("location_id", "destination_id")))
        .AddService("hourly", 1, s => s.From<DriverHourlyStats>())
        .AddService("model_v2", 1, s => s.From<DriverHourlyStats>("conv_rate").From<TransformedConvRate>())
        .Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public FeastExamplesTests() => _store = FeatureStore.Open(_temp.FullName, Catalog, MlPlatformMode.Owner, time: new FakeTimeProvider(Now));

    public void Dispose() => _temp.Dispose();

    /// <summary>"Generate training data": five rows of two views, out of order, one driver twice, the last at the present time.</summary>
    [Fact]
    public async Task TrainingData_TwoViewsRowsOutOfOrder_EveryRowComesBackInItsOrder()
    {
        await IngestDriversAsync();
        EntityRow[] rows =
        [
            new(1001, Day.Add(new TimeSpan(10, 59, 42))), new(1002, Day.Add(new TimeSpan(8, 12, 10))), new(1003, Day.Add(new TimeSpan(16, 40, 26))),
            new(1004, Day.Add(new TimeSpan(15, 1, 12))), new(1001, Now),
        ];

        using var set = await _store.CreateTrainingSetAsync("model_v1", rows, "event_timestamp");

        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal([1001, 1002, 1003, 1004, 1001], ((Int64Array)batch.Column("driver_id")).Values.ToArray());

            // Hourly rows lie at the full hour and live a day; 1004 is unknown; years later only the daily row, which lives for ever, is left.
            Assert.Equal([10.1f, 8.2f, 16.3f, null, null], Floats(batch, "conv_rate"));
            Assert.Equal([1010f, 1008, 1016, null, null], Floats(batch, "acc_rate"));
            Assert.Equal([100L, 100, 100, null, 100], Longs(batch, "daily_miles_driven"));
            Assert.Equal([1, 1, 1, 0, 3], Statuses(batch, "driver_hourly_stats"));
            Assert.Equal([1, 1, 1, 0, 1], Statuses(batch, "driver_daily_features"));
        }
    }

    /// <summary>"Retrieve offline features for batch scoring": every entity once, at the present time.</summary>
    [Fact]
    public async Task BatchScoring_EveryEntityNow_GivesTheLatestValues()
    {
        await _store.IngestAsync(new[] { 1001, 1002, 1003 }.SelectMany(id => Enumerable.Range(0, 30).Select(hour => new DriverHourlyStats(id, Now.AddHours(-hour), id + hour, hour))));
        using var set = await _store.CreateTrainingSetAsync("hourly", new[] { 1003, 1001, 1002 }.Select(id => new EntityRow(id, Now)), "event_timestamp");
        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal([1003f, 1001, 1002], Floats(batch, "conv_rate"));
        }
    }

    /// <summary>The entity query over a time range: every row of the source that lies in it asks for itself.</summary>
    [Fact]
    public async Task EntitiesOfARange_NoListOfEntities_GivesEveryRowWithItsFeatures()
    {
        await IngestDriversAsync();
        using var set = await _store.CreateTrainingSetFromRangeAsync("model_v1", Day.AddHours(8), Day.AddHours(10), drivingView: "driver_hourly_stats");
        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal([1001, 1002, 1003, 1001, 1002, 1003], ((Int64Array)batch.Column("driver_id")).Values.ToArray());
            Assert.Equal([8.1f, 8.2f, 8.3f, 9.1f, 9.2f, 9.3f], Floats(batch, "conv_rate"));
            Assert.Equal([100L, 100, 100, 100, 100, 100], Longs(batch, "daily_miles_driven"));
        }
    }

    /// <summary>Entity aliases: the temperature where a journey begins and where it ends, one view.</summary>
    [Fact]
    public async Task EntityAliases_OriginAndDestination_GiveEachItsOwnTemperature()
    {
        await _store.IngestAsync([new LocationStats(1, Day, 10), new LocationStats(2, Day, -5), new LocationStats(1, Day.AddHours(1), 12)]);
        Journey[] journeys = [new(1, 2, Day), new(2, 1, Day.AddMinutes(59)), new(2, 1, Day.AddHours(1)), new(1, 1, Day.AddHours(2)), new(3, 2, Day), new(1, null, Day)];
        using var set = await _store.CreateTrainingSetAsync("temperatures", journeys, "at");
        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal([10L, -5, -5, 12, null, 10], Longs(batch, "origin_stats_temperature"));
            Assert.Equal([-5L, 10, 12, 12, -5, null], Longs(batch, "destination_stats_temperature"));
        }
    }

    /// <summary>The on-demand example: a stored conversion rate plus values of the request, which for training are columns of the question.</summary>
    [Fact]
    public async Task OnDemand_ConvRatePlusRequest_IsAddedForEveryRow()
    {
        await IngestDriversAsync();
        Question[] rows = [new(1001, Day.AddHours(9.5), 1, 10), new(1002, Day.AddHours(9.5), 2, 20), new(1009, Day.AddHours(9.5), 3, 30)];
        using var set = await _store.CreateTrainingSetAsync("model_v2", rows, "event_timestamp");
        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal([9.1f + 1.0, 9.2f + 2.0, null], Doubles(batch, "conv_rate_plus_val1"));
            Assert.Equal([9.1f + 10.0, 9.2f + 20.0, null], Doubles(batch, "conv_rate_plus_val2"));
        }
    }

    /// <summary>"TTL is relative to each timestamp within the entity dataframe", not to the time of the query: years later the same question has the same answer.</summary>
    [Fact]
    public async Task TimeToLive_QueryYearsLater_IsCountedFromEachRow()
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();
        await harness.Store.IngestAsync([new DriverHourlyStats(1, Day, 1, 1)]);
        EntityRow[] rows = [new(1, Day.AddDays(1)), new(1, Day.AddDays(1).AddMicroseconds(1)), new(1, Day.AddMicroseconds(-1))];
        var hashes = new List<string>();
        for (var year = 0; year < 2; year++)
        {
            using var set = await harness.Store.CreateTrainingSetAsync("hourly", rows, "event_timestamp");
            hashes.Add(set.Manifest.ContentHash);
            await foreach (var batch in set.ReadAsync())
            {
                Assert.Equal([1, 3, 0], Statuses(batch, "driver_hourly_stats"));
            }

            harness.Clock.Advance(TimeSpan.FromDays(365));
        }

        Assert.Equal(hashes[0], hashes[1]);
    }

    private async Task IngestDriversAsync()
    {
        await _store.IngestAsync(Enumerable.Range(0, 24).SelectMany(hour => Enumerable.Range(1, 3).Select(i => new DriverHourlyStats(1000 + i, Day.AddHours(hour), hour + (i / 10f), 1000 + hour))));
        await _store.IngestAsync(Enumerable.Range(1, 3).SelectMany(i => new[] { new DriverDailyFeatures(1000 + i, Day.AddDays(-1), 50), new DriverDailyFeatures(1000 + i, Day, 100) }));
    }

    private static float?[] Floats(RecordBatch batch, string column) => [.. Enumerable.Range(0, batch.Length).Select(((FloatArray)batch.Column(column)).GetValue)];

    private static double?[] Doubles(RecordBatch batch, string column) => [.. Enumerable.Range(0, batch.Length).Select(((DoubleArray)batch.Column(column)).GetValue)];

    private static long?[] Longs(RecordBatch batch, string column) => [.. Enumerable.Range(0, batch.Length).Select(((Int64Array)batch.Column(column)).GetValue)];

    private static byte[] Statuses(RecordBatch batch, string view) => ((UInt8Array)batch.Column(TrainingSetColumns.StatusOf(view))).Values.ToArray();

    [FeatureView("driver_hourly_stats", CreatedTimeEqualsEventTime = true, TimeToLive = "1.00:00:00")]
    private sealed record DriverHourlyStats([EntityKey] long DriverId, [EventTimestamp] DateTimeOffset At, [Feature] float ConvRate, [Feature] float AccRate);

    [FeatureView("driver_daily_features", CreatedTimeEqualsEventTime = true)]
    private sealed record DriverDailyFeatures([EntityKey] long DriverId, [EventTimestamp] DateTimeOffset At, [Feature] long DailyMilesDriven);

    [FeatureView("location_stats", CreatedTimeEqualsEventTime = true)]
    private sealed record LocationStats([EntityKey] long LocationId, [EventTimestamp] DateTimeOffset At, [Feature] int Temperature);

    private readonly record struct ValuesToAdd(long ValToAdd, long ValToAddToo);

    private readonly record struct DriverInputs(float? ConvRate);

    private readonly record struct TransformedConvRate([property: Feature(Name = "conv_rate_plus_val1")] double? First, [property: Feature(Name = "conv_rate_plus_val2")] double? Second);

    private sealed record Question(long DriverId, DateTimeOffset EventTimestamp, long ValToAdd, long ValToAddToo);

    private sealed record EntityRow(long DriverId, DateTimeOffset EventTimestamp);

    private sealed record Journey(long? OriginId, long? DestinationId, DateTimeOffset At);
}
