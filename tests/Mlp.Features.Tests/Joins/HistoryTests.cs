using Apache.Arrow;
using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Features.Tests.Definitions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

public sealed class HistoryTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<AreaStats>().Add<CompanyStats>().AddOnDemand<TripRequest, TripFeatures>(TripFeatures.From)
        .AddService("areas", 1, s => s.From<AreaStats>())
        .AddService("both", 1, s => s.From<AreaStats>().As("area").From<CompanyStats>("trips"))
        .AddService("tips", 1, s => s.From<AreaStats>().From<TripFeatures>())
        .Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public HistoryTests() => _store = FeatureStore.Open(_temp.FullName, Catalog, MlPlatformMode.Owner, time: new FakeTimeProvider(Noon.AddHours(1)));

    [Fact]
    public async Task ReadHistoryAsync_RecordsAndAsOf_GivesNewestFirst()
    {
        await _store.IngestAsync(Enumerable.Range(0, 10).Select(i => new AreaStats(i % 2, Noon.AddSeconds(20 * i), i)));
        var found = await RowsAsync(_store.ReadHistoryAsync("area_stats", [new { Area = 1 }, new { Area = 7 }, new { Area = 0 }], new FeatureHistoryOptions { Count = 2, AsOf = Noon.AddSeconds(140) }));

        // Time to live is 60 seconds: of area 0 the rows of 120 s and 80 s, of area 1 those of 140 s and 100 s.
        Assert.Equal([(0, 1, 7f), (0, 2, 5f), (2, 1, 6f), (2, 2, (float?)4f)], found);
        var now = await RowsAsync(_store.ReadHistoryAsync("area_stats", [new { Area = 1 }], new FeatureHistoryOptions { Count = 1 }));
        Assert.Equal([(0, 1, (float?)null)], now);
    }

    [Fact]
    public async Task ReadHistoryAsync_ManyRows_StreamsAllInOrder()
    {
        await _store.IngestAsync(Enumerable.Range(0, 20_000).Select(i => new AreaStats(i % 100, Noon.AddMilliseconds(i), i)));
        var found = await RowsAsync(_store.ReadHistoryAsync("area_stats", Enumerable.Range(0, 1000).Select(i => new { Area = i % 100 }), new FeatureHistoryOptions { Count = 50, AsOf = Noon.AddSeconds(20) }));

        Assert.Equal(50_000, found.Count);
        Assert.Equal(Enumerable.Range(0, 50_000).Select(i => (i / 50, (i % 50) + 1, (float?)(20_000 - (100 * ((i % 50) + 1)) + (i / 50 % 100)))), found);
    }

    [Fact]
    public async Task ReadHistoryAsync_UnfitQuestion_SaysWhatIsExpected()
    {
        await Refused<SpineException>(
            () => RowsAsync(_store.ReadHistoryAsync("area_stats", [new { Zone = 1 }])), "Expected a column 'area' in the rows for feature view 'area_stats' version 1, but found 'zone'.");
        await Refused<SpineException>(
            () => RowsAsync(_store.ReadHistoryAsync("area_stats", [new { Area = 1, At = (DateTimeOffset?)null }], new FeatureHistoryOptions { TimeColumn = "at" })),
            "Expected column 'at' of the rows to hold a time in every row for feature view 'area_stats' version 1, but found null in row 1.");
        await Refused<FeatureDefinitionException>(
            () => RowsAsync(_store.ReadHistoryAsync("area_stats", [new { Area = 1 }], new FeatureHistoryOptions { Features = ["speed"] })),
            "Expected features of feature view 'area_stats' version 1, which has 'mean_fare', but found 'speed'.");
        await Refused<ArgumentException>(
            () => RowsAsync(_store.ReadHistoryAsync("area_stats", [new { Area = 1 }], new FeatureHistoryOptions { TimeColumn = "at", AsOf = Noon })), "Expected TimeColumn or AsOf, but found both.");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => RowsAsync(_store.ReadHistoryAsync("area_stats", [new { Area = 1 }], new FeatureHistoryOptions { Count = 0 })));
    }

    [Fact]
    public async Task CreateTrainingSetFromRangeAsync_TwoViews_DrivesByTheOneWithAllKeys()
    {
        await _store.IngestAsync([new AreaStats(1, Noon, 1), new AreaStats(1, Noon.AddSeconds(30), 2)]);
        await _store.IngestAsync([Company("a", Noon.AddSeconds(10), 5), Company("a", Noon.AddSeconds(40), 6), Company("b", Noon.AddSeconds(40), 7), Company(null, Noon.AddSeconds(40), 8)]);
        using var set = await _store.CreateTrainingSetFromRangeAsync("both", Noon, Noon.AddMinutes(1));

        Assert.Equal("event_time", set.Manifest.TimeColumn);
        var batch = Assert.Single(await BatchesAsync(set.ReadAsync()));
        Assert.Equal([1f, 2f, 2f], ((FloatArray)batch.Column("area_mean_fare")).Values.ToArray());
        Assert.Equal([5L, 6L, 7L], ((Int64Array)batch.Column("trips")).Values.ToArray());
        Assert.Equal(["a", "a", "b"], Enumerable.Range(0, 3).Select(i => ((StringArray)batch.Column("company")).GetString(i)));
        using var again = await _store.ReproduceAsync(set);
        Assert.Equal(set.Manifest.ContentHash, again.Manifest.ContentHash);

        await _store.IngestAsync([Company("a", Noon.AddSeconds(20), 9)]);
        using var later = await _store.CreateTrainingSetFromRangeAsync("both", Noon, Noon.AddMinutes(1));
        using var then = await _store.CreateTrainingSetFromRangeAsync("both", Noon, Noon.AddMinutes(1), options: new() { TimeTravel = OfflineTimeTravel.ToCommits(set.Manifest.Commits) });
        Assert.Equal((4, 3), (later.Manifest.RowCount, then.Manifest.RowCount));
        Assert.Equal(set.Manifest.ContentHash, then.Manifest.ContentHash);

        using var empty = await _store.CreateTrainingSetFromRangeAsync("both", Noon.AddDays(1), Noon.AddDays(2));
        Assert.Equal(0, empty.Manifest.RowCount);
    }

    [Fact]
    public async Task CreateTrainingSetFromRangeAsync_NoDrivingView_SaysWhy()
    {
        await Refused<FeatureDefinitionException>(
            () => _store.CreateTrainingSetFromRangeAsync("both", Noon, Noon.AddDays(1), "area_stats"),
            "Expected a driving view with all keys of feature service 'both' version 1 ('area', 'company'), but 'area_stats' has not.");
        await Refused<FeatureDefinitionException>(
            () => _store.CreateTrainingSetFromRangeAsync("both", Noon, Noon.AddDays(1), "x"), "Expected a driving view among 'area_stats', 'company_stats' of feature service 'both' version 1, but found 'x'.");
        await Refused<FeatureDefinitionException>(
            () => _store.CreateTrainingSetFromRangeAsync("tips", Noon, Noon.AddDays(1)),
            "Expected a feature service without on-demand views, whose requests a range of time does not have, but feature service 'tips' version 1 has 'trip_features'.");
        await Refused<ArgumentException>(() => _store.CreateTrainingSetFromRangeAsync("areas", Noon, Noon), $"Expected a range of event times that begins before it ends, but it begins at {Noon:O} and ends at {Noon:O}.");
    }

    [Fact]
    public async Task ReadRangeAsync_BoundsBelowAMicrosecond_CountUp()
    {
        await _store.IngestAsync([new AreaStats(1, Noon, 1), new AreaStats(1, Noon.AddTicks(10), 2), new AreaStats(1, Noon.AddTicks(20), 3)]);
        var found = new List<float?>();
        await foreach (var batch in _store.ReadRangeAsync("area_stats", Noon.AddTicks(1), Noon.AddTicks(11)))
        {
            found.AddRange(Enumerable.Range(0, batch.Length).Select(i => ((FloatArray)batch.Column("mean_fare")).GetValue(i)));
        }

        Assert.Equal([2f], found);
    }

    public void Dispose() => _temp.Dispose();

    private static CompanyStats Company(string? name, DateTimeOffset at, long trips) => new(name, 1, at, at.UtcDateTime, trips, null, 0, false, null);

    private static async Task Refused<TError>(Func<Task> act, string sentence)
        where TError : Exception
        => Assert.StartsWith(sentence, (await Assert.ThrowsAsync<TError>(act)).Message, StringComparison.Ordinal);

    private static async Task<List<(int Row, int Rank, float? Value)>> RowsAsync(IAsyncEnumerable<RecordBatch> stream)
        => [.. (await BatchesAsync(stream)).SelectMany(batch => Enumerable.Range(0, batch.Length).Select(i => (
            (int)((Int64Array)batch.Column("__row")).GetValue(i)!.Value, (int)((Int64Array)batch.Column("__rank")).GetValue(i)!.Value, ((FloatArray)batch.Column("mean_fare")).GetValue(i))))];

    private static async Task<List<RecordBatch>> BatchesAsync(IAsyncEnumerable<RecordBatch> stream)
    {
        var batches = new List<RecordBatch>();
        await foreach (var batch in stream)
        {
            batches.Add(batch);
        }

        return batches;
    }
}
