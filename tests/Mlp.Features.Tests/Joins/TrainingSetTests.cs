using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Tests.Definitions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

public sealed class TrainingSetTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add<AreaStats>().AddOnDemand<TripRequest, TripFeatures>(TripFeatures.From)
        .AddService("tips", 1, s => s.From<AreaStats>().From<TripFeatures>())
        .AddService("request-only", 1, s => s.From<TripFeatures>("is_night"))
        .Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public TrainingSetTests() => _store = Open();

    [Fact]
    public async Task CreateTrainingSetAsync_RecordsAndOnDemand_GivesColumnsInOrder()
    {
        await IngestAsync();
        using var set = await _store.CreateTrainingSetAsync("tips", Trips(3), "at", "tip");

        Assert.Equal(
            [
                "__row", "area", "at", "fare", "hour", "payment_type", "tip", "mean_fare", "fare_per_hour", "is_night", "payment", "maybe_fare", "area_stats__status",
                "area_stats__event_time",
            ],
            set.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal(Catalog.FindService("tips")!.Description.Layout.Columns, set.Manifest.Features);
        Assert.Equal(Catalog.FindService("tips")!.Description.Reference, set.Manifest.FeatureService);
        Assert.Equal(["tip"], set.Manifest.LabelColumns);
        Assert.Equal(("at", JoinMode.EventTime, 3L), (set.Manifest.TimeColumn, set.Manifest.JoinMode, set.Manifest.RowCount));
        Assert.Equal([new FeatureViewCommit("area_stats", 1, Catalog.GetView("area_stats", null).Fingerprint, 1)], set.Manifest.Commits);
        Assert.Equal(set.Manifest.ToJson(), TrainingSetManifest.Parse(set.Manifest.ToJson()).ToJson());
        var batch = Assert.Single(await ReadAsync(set));
        Assert.Equal([0f, 10f, 20f], ((FloatArray)batch.Column("mean_fare")).Values.ToArray());
        Assert.Equal([1.5f, 2.5f / 2, 3.5f / 3], ((FloatArray)batch.Column("fare_per_hour")).Values.ToArray());
        Assert.Equal("card", ((StringArray)batch.Column("payment")).GetString(1));
        Assert.True(batch.Column("payment").IsNull(0));
    }

    [Fact]
    public async Task ContentHash_SameQuestionCutOtherwise_IsTheSame()
    {
        await IngestAsync();
        using var whole = await _store.CreateTrainingSetAsync("tips", Trips(5000), "at", "tip");
        using var again = await Open().CreateTrainingSetAsync("tips", Cut(Trips(5000), 37), "at", "tip");
        using var other = await _store.CreateTrainingSetAsync("tips", Trips(5001), "at", "tip");

        Assert.Equal(whole.Manifest.ContentHash, again.Manifest.ContentHash);
        Assert.NotEqual(whole.Manifest.ContentHash, other.Manifest.ContentHash);
        Assert.Matches("^[0-9a-f]{64}$", whole.Manifest.ContentHash);

        // What is read hashes to what the manifest says.
        var features = whole.Manifest.Features;
        Assert.Equal(whole.Manifest.ContentHash, new ArrowTrainingSet(await ReadAsync(whole), features, "tip", "at").Manifest.ContentHash);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_SetBeyondMemory_LiesInAFileThatGoesWithIt()
    {
        await IngestAsync();
        var small = Open(new FeatureStoreOptions { TrainingSetMemoryBytes = 0 });
        using var inMemory = await _store.CreateTrainingSetAsync("tips", Trips(70_000), "at");
        string hash;
        using (var inFile = await small.CreateTrainingSetAsync("tips", Trips(70_000), "at"))
        {
            Assert.True(inFile.IsInFile);
            Assert.False(inMemory.IsInFile);
            Assert.Single(Directory.GetFileSystemEntries(_temp.Combine("features", "tmp")));
            Assert.Equal(70_000, (await ReadAsync(inFile)).Sum(b => b.Length));
            var both = await Task.WhenAll(ReadAsync(inFile), ReadAsync(inFile));
            Assert.Equal(both[0].Count, both[1].Count);
            hash = inFile.Manifest.ContentHash;
        }

        Assert.Equal(inMemory.Manifest.ContentHash, hash);
        Assert.Empty(Directory.GetFileSystemEntries(_temp.Combine("features", "tmp")));
    }

    [Fact]
    public async Task CreateTrainingSetAsync_JoinBeyondMemory_SpillsAndGivesTheSame()
    {
        await _store.IngestAsync(Enumerable.Range(0, 400_000).Select(i => new AreaStats(i % 5_000, Noon.AddSeconds(i / 100), i)));
        var trips = Enumerable.Range(0, 400_000).Select(i => new Trip(i * 7L % 5_000, Noon.AddSeconds(i / 100), i, i % 24, "card", true));
        using var roomy = await _store.CreateTrainingSetAsync("tips", trips, "at");
        var narrow = Open(new FeatureStoreOptions { DuckDbMemoryLimitBytes = 64L << 20, DuckDbThreads = 2, TrainingSetMemoryBytes = 0 });
        using var spilled = await narrow.CreateTrainingSetAsync("tips", trips, "at");

        Assert.Equal(roomy.Manifest.ContentHash, spilled.Manifest.ContentHash);
        Assert.Single(Directory.GetFileSystemEntries(_temp.Combine("features", "tmp")));
    }

    [Fact]
    public async Task CreateTrainingSetAsync_ServiceWithoutStoredViews_NeedsNoKeys()
    {
        using var set = await _store.CreateTrainingSetAsync("request-only", Trips(3), "at");
        Assert.Equal(["is_night"], set.Manifest.Features.Select(f => f.Name));
        Assert.Equal(3, set.Manifest.RowCount);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_NothingIngestedOrAsked_GivesMissingOrNothing()
    {
        using var missing = await _store.CreateTrainingSetAsync("tips", Trips(2), "at");
        var batch = Assert.Single(await ReadAsync(missing));
        Assert.Equal([0, 0], ((UInt8Array)batch.Column("area_stats__status")).Values.ToArray());
        Assert.Equal(2, batch.Column("mean_fare").NullCount);
        Assert.Equal(0, Assert.Single(missing.Manifest.Commits).Commit);

        using var empty = await _store.CreateTrainingSetAsync("tips", Trips(0), "at");
        Assert.Equal(0, empty.Manifest.RowCount);
        Assert.Empty(await ReadAsync(empty));
    }

    [Fact]
    public async Task CreateTrainingSetAsync_UnfitRows_SaysWhatIsExpected()
    {
        await Refused(() => _store.CreateTrainingSetAsync("tips", [new { Area = 1L }], "at"), "Expected a column 'at' in the rows for feature service 'tips' version 1, but found 'area'.");
        await Refused(() => _store.CreateTrainingSetAsync("tips", Trips(1), "at", "tipp"), "Expected a column 'tipp' in the rows for");
        await Refused(() => _store.CreateTrainingSetAsync("tips", Trips(1), "tip"), "Expected column 'tip' of the rows to be a time");
        await Refused(
            () => _store.CreateTrainingSetAsync("tips", [new { Area = "x", At = Noon, Fare = 1f, Hour = 1, PaymentType = "a" }], "at"),
            "Expected column 'area' of the rows to be an integer key");
        await Refused(
            () => _store.CreateTrainingSetAsync("tips", [new { Area = 1, At = (DateTimeOffset?)null, Fare = 1f, Hour = 1, PaymentType = "a" }], "at"),
            "Expected column 'at' of the rows to hold a time in every row for feature service 'tips' version 1, but found null in row 1.");
        await Refused(
            () => _store.CreateTrainingSetAsync("tips", [new { Area = 1, At = Noon, Fare = 1f, Hour = 1, PaymentType = "a", MeanFare = 1f }], "at"),
            "Expected the columns of the rows to differ from the features of feature service 'tips' version 1, but both have 'mean_fare'.");
        foreach (var (extra, sentence) in new[]
        {
            ("MEAN_FARE", "Expected the columns of the rows to differ from the features of feature service 'tips' version 1, but both have 'MEAN_FARE'."),
            ("Hour", "Expected the columns of the rows to have different names without regard to case, but 'Hour' occurs twice."),
        })
        {
            var plain = SpineBatches.From(Trips(1)).Single();
            using var spine = new RecordBatch(
                new Schema([.. plain.Schema.FieldsList, new Field(extra, FloatType.Default, true)], null),
                [.. plain.Arrays, new FloatArray.Builder().Append(1).Build()],
                1);
            await Refused(() => _store.CreateTrainingSetAsync("tips", spine, "at"), sentence);
        }

        Assert.Equal(
            "Expected a feature service 'tops', but only 'tips' version 1, 'request-only' version 1 are defined.",
            (await Assert.ThrowsAsync<FeatureDefinitionException>(() => _store.CreateTrainingSetAsync("tops", Trips(1), "at"))).Message);
    }

    [Fact]
    public async Task Open_OnDemandMethodChanged_TellsToRaiseTheVersion()
    {
        using (await _store.CreateTrainingSetAsync("request-only", Trips(3), "at"))
        {
        }

        Open();
        var changed = new FeaturesBuilder().AddOnDemand<TripRequest, TripFeatures>(r => TripFeatures.From(r) with { IsNight = true }).Build();
        var e = Assert.Throws<FeatureDefinitionException>(() => FeatureStore.Open(_temp.FullName, changed));
        Assert.Contains("Raise its version", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckLeakageAsync_ValueFromTheFuture_IsCaught()
    {
        await IngestAsync();
        using var set = await _store.CreateTrainingSetAsync("tips", Trips(100), "at");
        var clean = await _store.CheckLeakageAsync(set);
        Assert.True(clean.IsClean);
        Assert.Equal((100, 300), (clean.RowCount, clean.ValueCount));

        var leaking = new PlantedLeak(set, row: 41);
        var report = await _store.CheckLeakageAsync(leaking);
        var difference = Assert.Single(report.Differences);
        Assert.Equal((41, "area_stats", "mean_fare", true), (difference.Row, difference.View, difference.Column, difference.IsFromTheFuture));
        Assert.False(report.IsClean);

        // Ten rows out of a hundred, chosen by the seed: the leak is among them for some seeds and not for others.
        var counts = new List<long>();
        for (var seed = 0; seed < 20; seed++)
        {
            var sampled = await _store.CheckLeakageAsync(leaking, sampleCount: 10, seed);
            Assert.Equal(10, sampled.RowCount);
            counts.Add(sampled.DifferenceCount);
        }

        Assert.Contains(0, counts);
        Assert.Contains(1, counts);
    }

    public void Dispose() => _temp.Dispose();

    // A row per hour and area 0 to 9: its mean fare is area * 10 + hour / 100. Time to live is 60 seconds.
    private Task<Mlp.Features.Ingestion.IngestResult> IngestAsync()
        => _store.IngestAsync(Enumerable.Range(0, 48).SelectMany(hour => Enumerable.Range(0, 10).Select(area => new AreaStats(area, Noon.AddHours(hour), (area * 10) + (hour / 100f)))));

    private static IEnumerable<Trip> Trips(int count)
        => Enumerable.Range(0, count).Select(i => new Trip(i % 10, Noon.AddHours(i / 10 % 48), i + 1.5f, i % 24, i % 2 == 0 ? null : "card", i % 3 == 0));

    private static async IAsyncEnumerable<RecordBatch> Cut(IEnumerable<Trip> trips, int length)
    {
        foreach (var batch in SpineBatches.From(trips))
        {
            for (var start = 0; start < batch.Length; start += length)
            {
                yield return batch.Slice(start, Math.Min(length, batch.Length - start));
            }
        }

        await Task.CompletedTask;
    }

    private static async Task<List<RecordBatch>> ReadAsync(JoinedTrainingSet set)
    {
        var batches = new List<RecordBatch>();
        await foreach (var batch in set.ReadAsync())
        {
            batches.Add(batch);
        }

        return batches;
    }

    private static async Task Refused(Func<Task> act, string sentence)
        => Assert.StartsWith(sentence, (await Assert.ThrowsAsync<SpineException>(act)).Message, StringComparison.Ordinal);

    private FeatureStore Open(FeatureStoreOptions? options = null) => FeatureStore.Open(_temp.FullName, Catalog, MlPlatformMode.Owner, options);

    private sealed record Trip(long Area, DateTimeOffset At, float Fare, int Hour, string? PaymentType, bool Tip);

    /// <summary>The same rows, but one has the feature of an hour later.</summary>
    private sealed class PlantedLeak(ITrainingSet set, int row) : ITrainingSet
    {
        public TrainingSetManifest Manifest => set.Manifest;

        public Schema Schema => set.Schema;

        public async IAsyncEnumerable<RecordBatch> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await foreach (var batch in set.ReadAsync(cancellationToken))
            {
                var values = ((FloatArray)batch.Column("mean_fare")).Values.ToArray();
                values[row] += 0.01f;
                var hour = row / 10;
                Assert.Equal((row % 10 * 10) + (hour / 100f), values[row] - 0.01f, 3);
                values[row] = (row % 10 * 10) + ((hour + 1) / 100f);
                var index = batch.Schema.GetFieldIndex("mean_fare");
                var columns = Enumerable.Range(0, batch.ColumnCount).Select(i => i == index ? new FloatArray.Builder().AppendRange(values).Build() : batch.Column(i));
                yield return new RecordBatch(batch.Schema, columns, batch.Length);
            }
        }
    }
}
