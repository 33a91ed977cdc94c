using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Offline;

/// <summary>A later version of a view takes over the rows of an earlier one.</summary>
public sealed class AdoptionTests : IDisposable
{
    private static readonly FeatureViewDefinition First = new FeatureViewBuilder("cars", 1)
        .Key("id", EntityValueKind.Int64).EventTime("t").CreatedTime("c").Feature("speed", FeatureType.Float32).Feature("colour", FeatureType.String).Feature("doors", FeatureType.Int64).Build();

    // Widened, renamed, removed, added, in another order, with another time to live.
    private static readonly FeatureViewDefinition Second = new FeatureViewBuilder("cars", 2)
        .Key("id", EntityValueKind.Int64).EventTime("at").CreatedTime("known").TimeToLive(TimeSpan.FromDays(9))
        .Feature("paint", FeatureType.String).Feature("speed", FeatureType.Float64).Feature("weight", FeatureType.Float32).Build();

    private readonly TempDirectory _temp = new();

    [Fact]
    public async Task OpenAsync_LaterVersion_HasTheRowsOfTheEarlierOne()
    {
        var first = Open(new FeaturesBuilder().Add(First));
        await first.IngestAsync("cars", [Car(1, 1, 1, 0.1f, "red"), Car(1, 2, 5, null, null), Car(2, 3, 3, float.NaN, "blue")]);

        // The application does not know the earlier version any more.
        var second = Open(Catalog(Second));

        Assert.Equal(
            [(1L, 1L, 1L, "red", (double?)0.1f, null), (1L, 2L, 5L, null, null, null), (2L, 3L, 3L, "blue", double.NaN, null)],
            Reading.Rows(second, Second, "id, epoch_us(event_time), epoch_us(created_time), paint, speed, weight", row => ((long)row[0]!, (long)row[1]!, (long)row[2]!, (string?)row[3], (double?)row[4], (float?)row[5])));
        Assert.Equal(Reading.Column<long>(first, First, "ingest_sequence"), Reading.Column<long>(second, Second, "ingest_sequence"));
        await second.IngestAsync("cars", [new Later(2, At(3), At(3), "green", 0.25, 7f)]);
        Assert.Equal(4, second.Offline.Open(Second).GetSnapshot().RowCount);
        Assert.Equal(3, second.Offline.Open(Second).GetSnapshot(1).RowCount);
        Assert.Equal(0, (await second.AdoptAsync("cars")).RowCount);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_OverBothVersions_JoinsInBothModesAndAfterCompaction()
    {
        var store = Open(Catalog(Second).Add(First).AddService("s", 1, s => s.From("cars", 2)));
        await store.IngestAsync("cars", [Car(1, 1, 1, 1f, "red"), Car(1, 5, 20, 2f, "late")], version: 1);
        Assert.Equal(2, (await store.AdoptAsync("cars")).RowCount);
        await store.IngestAsync("cars", [new Later(1, At(5), At(21), "newer", 3, 7f), new Later(1, At(9), At(9), "second", 4, null)], version: 2);

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal([1.0, 3.0, 4.0], await JoinAsync(store, JoinMode.EventTime));
            Assert.Equal([1.0, 1.0, 4.0], await JoinAsync(store, JoinMode.CreatedTime));
            await store.CompactAsync("cars", new CompactionOptions { IsFull = true }, 2);
            await store.CompactAsync("cars", new CompactionOptions { IsFull = true }, 1);
            Assert.Equal(0, (await store.AdoptAsync("cars")).RowCount);
        }
    }

    [Fact]
    public async Task AdoptAsync_EarlierVersionGoesOn_TakesOnlyNewRowsAndKeepsTheirOrder()
    {
        var store = Open(Catalog(Second).Add(First));
        await store.IngestAsync("cars", [Car(1, 1, 1, 1f, "a")], version: 1);
        await store.AdoptAsync("cars");
        await store.IngestAsync("cars", [new Later(1, At(1), At(1), "b", 2, null)], version: 2);
        await store.IngestAsync("cars", [Car(1, 1, 1, 3f, "c")], version: 1);

        var result = await store.AdoptAsync("cars");

        Assert.Equal((1, 2, 3L, 1L), (result.FromVersion, result.Version, result.Commit, result.RowCount));
        Assert.Equal(["a", "b", "c"], Reading.Column<string>(store, Second, "paint"));
    }

    [Fact]
    public async Task OpenAsync_ThreeVersions_PassRowsOn()
    {
        var third = new FeatureViewBuilder("cars", 3).Key("number", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Feature("velocity", FeatureType.Float64).Feature("speed", FeatureType.String).Build();
        await Open(new FeaturesBuilder().Add(First)).IngestAsync("cars", [Car(1, 1, 1, 1f, "a")]);

        var store = Open(Catalog(Second).Add(third, evolution => evolution.EvolvesFrom(2).Renamed("speed", "velocity").Renamed("id", "number")));

        Assert.Equal([(1L, 1.0, null)], Reading.Rows(store, third, "number, velocity, speed", row => ((long)row[0]!, (double)row[1]!, (string?)row[2])));
    }

    [Fact]
    public async Task MaterializeAsync_LaterVersion_BringsAdoptedRows()
    {
        var catalog = Catalog(Second).Add(First).AddService("s", 1, s => s.From("cars", 2)).Build();
        await using var harness = new FeatureStoreHarness(catalog);
        await harness.OpenAsync();
        await harness.Store.PushAsync("cars", Batch(harness, 1, 4f), version: 1);
        Assert.Equal(1, (await harness.Store.AdoptAsync("cars")).RowCount);
        await harness.Store.MaterializeAsync("cars", version: 2);

        var rows = await harness.Store.ReadAsync("s", new EntityValue[] { 1L });

        Assert.Equal([FeatureStatus.Null, FeatureStatus.Present, FeatureStatus.Null], rows.StatusOf(0).ToArray());
        Assert.Equal(4.0, rows.Float64Of(0)[0]);

        await harness.Store.DeleteEntityAsync("cars", new EntityValue[] { 1L });
        Assert.Equal(0, (await harness.Store.AdoptAsync("cars")).RowCount);
        Assert.Empty(Reading.Column<string>(harness.Store, Second, "paint"));
    }

    [Fact]
    public async Task OpenAsync_DeletionBrokenOff_TakesNothingOverUntilItIsCompleted()
    {
        var disk = new CuttingDisk(DiskSync.Instance);
        await using var harness = new FeatureStoreHarness(new FeaturesBuilder().Add(First).Build()) { Disk = disk };
        await harness.OpenAsync();
        await harness.Store.IngestAsync("cars", [Car(1, 1, 1, 1f, "deleted"), Car(2, 1, 1, 2f, "kept")]);
        var requests = Path.Combine(harness.Root, "features", "deletions");
        for (var syncs = 0; !Directory.Exists(requests) || Directory.GetFiles(requests, "*.json").Length == 0; syncs++)
        {
            disk.RemainingSyncs = syncs;
            await Assert.ThrowsAnyAsync<Exception>(() => harness.Store.DeleteEntityAsync("cars", new EntityValue[] { 1L }));
        }

        await harness.Store.Online.Store.AbandonAsync();
        Assert.Equal(["deleted", "kept"], Reading.Column<string>(harness.Store, First, "colour").Order());
        var later = new FeatureStore(new DataDirectory(harness.Root, MlPlatformMode.Owner), Catalog(Second).Build(), harness.Options, harness.Clock, null, DiskSync.Instance);
        later.OpenOffline();
        Assert.Equal(0, later.Offline.Open(Second).GetSnapshot().RowCount);

        await later.Online.OpenAsync(default);

        Assert.Empty(Directory.GetFiles(requests));
        Assert.Equal(1, (await later.AdoptAsync("cars")).RowCount);
        Assert.Equal(["kept"], Reading.Column<string>(later, Second, "paint"));
        await later.Online.CloseAsync(default);
    }

    [Fact]
    public void Build_ValuesThatWouldChange_AreRefused()
    {
        var narrowed = new FeatureViewBuilder("cars", 2).Key("id", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Feature("doors", FeatureType.Float64).Build();
        Assert.Equal(
            "Expected 'doors' of feature view 'cars' version 2 to have the type that 'doors' has in version 1 (Int64), or to widen a Float32 to a Float64, but it is Float64: values would not stay what they are. Give the feature another name.",
            Refusal(narrowed, evolution => evolution.EvolvesFrom(1)));

        var otherKey = new FeatureViewBuilder("cars", 2).Key("id", EntityValueKind.String).EventTime("t").CreatedTimeEqualsEventTime().Feature("doors", FeatureType.Int64).Build();
        Assert.Equal(
            "Expected key 'id' of feature view 'cars' version 2 to be a key of version 1 with the same type, but found none: its rows belong to other entities. Begin a new view.",
            Refusal(otherKey, evolution => evolution.EvolvesFrom(1)));

        Assert.Equal(
            "Expected a key or feature 'color' of feature view 'cars' version 1 for the renaming to 'paint', but it has 'id', 'speed', 'colour', 'doors'.",
            Refusal(Second, evolution => evolution.EvolvesFrom(1).Renamed("color", "paint")));
        Assert.Equal("Expected feature view 'cars' version 2 to evolve from an earlier version, but found version 2.", Refusal(Second, evolution => evolution.EvolvesFrom(2)));
        Assert.Equal("Expected feature view 'cars' version 2 to evolve from an earlier version, but found none.", Refusal(Second, _ => { }));
    }

    [Fact]
    public async Task OpenAsync_OtherRenamingsThanBefore_AreRefused()
    {
        await Open(new FeaturesBuilder().Add(First)).IngestAsync("cars", [Car(1, 1, 1, 1f, "a")]);
        Open(Catalog(Second));

        var e = Assert.Throws<FeatureDefinitionException>(() => Open(new FeaturesBuilder().Add(Second, evolution => evolution.EvolvesFrom(1))));

        // Rows that came since are not taken over by two rules.
        Assert.Equal(
            "Expected feature view 'cars' version 2 to take over the rows of version 1 by the same renamings as before, but they are others now. Rows that were taken over stay as they are: define another version.", e.Message);
    }

    public void Dispose() => _temp.Dispose();

    private static FeaturesBuilder Catalog(FeatureViewDefinition second) => new FeaturesBuilder().Add(second, evolution => evolution.EvolvesFrom(1).Renamed("colour", "paint"));

    private static string Refusal(FeatureViewDefinition second, Action<FeatureViewEvolution> evolve)
        => Assert.Throws<FeatureDefinitionException>(() => new FeaturesBuilder().Add(First).Add(second, evolve).Build()).Message;

    private static DateTimeOffset At(long microseconds) => DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds);

    private static Earlier Car(long id, long eventTime, long createdTime, float? speed, string? colour) => new(id, At(eventTime), At(createdTime), speed, colour, 4);

    private static Apache.Arrow.RecordBatch Batch(FeatureStoreHarness harness, long id, float speed)
    {
        Apache.Arrow.IArrowArray[] arrays =
        [
            new Apache.Arrow.Int64Array.Builder().Append(id).Build(), new Apache.Arrow.Int64Array.Builder().Append(harness.Now).Build(), new Apache.Arrow.Int64Array.Builder().Append(harness.Now).Build(),
            new Apache.Arrow.FloatArray.Builder().Append(speed).Build(), new Apache.Arrow.StringArray.Builder().AppendNull().Build(), new Apache.Arrow.Int64Array.Builder().Append(4).Build(),
        ];
        string[] names = ["id", "t", "c", "speed", "colour", "doors"];
        return new Apache.Arrow.RecordBatch(new Apache.Arrow.Schema(names.Zip(arrays, (name, array) => new Apache.Arrow.Field(name, array.Data.DataType, nullable: true)), metadata: null), arrays, 1);
    }

    private static async Task<List<double?>> JoinAsync(FeatureStore store, JoinMode mode)
    {
        using var set = await store.CreateTrainingSetAsync("s", new Question[] { new(1, At(2)), new(1, At(6)), new(1, At(10)) }, "at", options: new() { Mode = mode });
        var speeds = new List<double?>();
        await foreach (var batch in set.ReadAsync())
        {
            speeds.AddRange((Apache.Arrow.DoubleArray)batch.Column("speed"));
        }

        return speeds;
    }

    private FeatureStore Open(FeaturesBuilder builder)
        => FeatureStore.Open(_temp.Combine("ml-data"), builder.Build(), options: new FeatureStoreOptions { DuckDbThreads = 1 }, time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000)) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) });

    private sealed record Earlier(long Id, DateTimeOffset T, DateTimeOffset C, float? Speed, string? Colour, long Doors);

    private sealed record Later(long Id, DateTimeOffset At, DateTimeOffset Known, string? Paint, double? Speed, float? Weight);

    private sealed record Question(long Id, DateTimeOffset At);
}
