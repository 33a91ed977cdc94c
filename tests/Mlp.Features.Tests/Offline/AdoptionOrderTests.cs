using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Features.Tests.Materialization;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Offline;

/// <summary>Adopted rows beside compaction, deletion and a clock that stands still, so that sequences follow each other without a gap.</summary>
public abstract class AdoptionOrderTests(long hotTierSize)
{
    public sealed class WithHotTier() : AdoptionOrderTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : AdoptionOrderTests(0);

    private static readonly FeatureViewDefinition First = new FeatureViewBuilder("cars", 1)
        .Key("id", EntityValueKind.Int64).EventTime("t").CreatedTime("c").Feature("speed", FeatureType.Float32).Build();

    private static readonly FeatureViewDefinition Second = new FeatureViewBuilder("cars", 2)
        .Key("number", EntityValueKind.Int64).EventTime("t").CreatedTime("c").Feature("speed", FeatureType.Float32).Feature("weight", FeatureType.Float32).Build();

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add(First).Add(Second, evolution => evolution.EvolvesFrom(1).Renamed("id", "number"))
        .AddService("first", 1, service => service.From("cars", 1)).AddService("second", 1, service => service.From("cars", 2)).Build();

    [Fact]
    public async Task AdoptAsync_CorrectionRightBehindAPush_WinsInBothVersions()
    {
        await using var harness = await OpenAsync();
        await harness.Store.IngestAsync("cars", [Row(harness, 9, 0)], version: 1);
        await harness.Store.PushAsync("cars", Batch(harness, 1, 111), PushTarget.Offline, version: 1);
        await harness.Store.Online.FlushAsync(default);
        await harness.Store.AdoptAsync("cars", 2);
        await harness.Store.IngestAsync("cars", [Row(harness, 1, 222)], version: 1);
        await harness.Store.AdoptAsync("cars", 2);
        await harness.Store.MaterializeAsync("cars", version: 1);
        await harness.Store.MaterializeAsync("cars", version: 2);

        Assert.Equal(Reading.Column<long>(harness.Store, First, "ingest_sequence"), Reading.Column<long>(harness.Store, Second, "ingest_sequence"));
        Assert.Equal([222f, 222f], [await ReadAsync(harness, "first", 1), await ReadAsync(harness, "second", 1)]);
    }

    [Fact]
    public async Task AdoptAsync_EarlierVersionCompactedMeanwhile_TakesNoRowTwice()
    {
        await using var harness = await OpenAsync();
        await harness.Store.IngestAsync("cars", [Row(harness, null, 1), Row(harness, null, 2), Row(harness, 1, 3)], version: 1);
        await harness.Store.AdoptAsync("cars", 2);
        await harness.Store.IngestAsync("cars", [Row(harness, null, 1), Row(harness, 2, 4)], version: 1);
        await harness.Store.CompactAsync("cars", new CompactionOptions { IsFull = true }, 1);

        var result = await harness.Store.AdoptAsync("cars", 2);

        Assert.Equal(2, result.RowCount);
        Assert.Equal([1f, 1f, 2f, 3f, 4f], Reading.Column<float>(harness.Store, Second, "speed").Order());
        Assert.Equal(0, (await harness.Store.AdoptAsync("cars", 2)).RowCount);
    }

    [Theory]
    [InlineData("id")]
    [InlineData("number")]
    [InlineData(null)]
    public async Task DeleteEntityAsync_KeyThatWasRenamed_IsGoneFromBothVersionsForGood(string? name)
    {
        await using var harness = await OpenAsync();
        await harness.Store.IngestAsync("cars", [Row(harness, 1, 111), Row(harness, 2, 5)], version: 1);
        await harness.Store.PushAsync("cars", Batch(harness, 1, 112), version: 1);
        await harness.Store.AdoptAsync("cars", 2);
        await harness.Store.MaterializeAsync("cars", version: 2);

        var result = await (name is null
            ? harness.Store.DeleteEntityAsync("cars", new EntityValue[] { 1L })
            : harness.Store.DeleteEntityAsync(new Dictionary<string, EntityValue> { [name] = 1L }));

        Assert.Equal([("cars", 1), ("cars", 2)], result.Views.Select(view => (view.View, view.Version)).Order());
        await harness.Store.IngestAsync("cars", [Row(harness, 3, 7)], version: 1);
        await harness.Store.CompactAsync("cars", new CompactionOptions { IsFull = true }, 1);
        await harness.Store.AdoptAsync("cars", 2);
        await harness.Store.MaterializeAsync("cars", version: 2);
        Assert.Equal([5f, 7f], Reading.Column<float>(harness.Store, Second, "speed").Order());
        Assert.Null(await ReadAsync(harness, "second", 1));
        Assert.Equal(5f, await ReadAsync(harness, "second", 2));
    }

    [Fact]
    public async Task DeleteEntityAsync_PushRightBehindIt_Stays()
    {
        await using var harness = await OpenAsync();
        await harness.Store.PushAsync("cars", Batch(harness, 1, 1), version: 1);
        await harness.Store.AdoptAsync("cars", 2);
        await harness.Store.DeleteEntityAsync("cars", new EntityValue[] { 1L });
        await harness.Store.PushAsync("cars", Batch(harness, 1, 2, "number"), version: 2);

        for (var round = 0; round < 2; round++)
        {
            await harness.Store.Online.FlushAsync(default);
            Assert.Equal([2f], Reading.Column<float>(harness.Store, Second, "speed"));
            Assert.Equal(2f, await ReadAsync(harness, "second", 1));
            await harness.KillAsync();
        }
    }

    [Fact]
    public void Build_VectorOfAnotherLength_IsRefused()
    {
        FeatureViewDefinition View(int version, int length) => new FeatureViewBuilder("cars", version)
            .Key("id", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Vector("embedding", length).Build();

        var e = Assert.Throws<FeatureDefinitionException>(() => new FeaturesBuilder().Add(View(1, 2)).Add(View(2, 3), evolution => evolution.EvolvesFrom(1)).Build());

        Assert.Equal(
            "Expected 'embedding' of feature view 'cars' version 2 to be as long as 'embedding' in version 1 (2), but it is 3: a vector of another length is another feature. Give it another name.", e.Message);
    }

    private async Task<FeatureStoreHarness> OpenAsync()
    {
        var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        return harness;
    }

    private static Car Row(FeatureStoreHarness harness, long? id, float speed) => new(id, harness.Clock.GetUtcNow(), harness.Clock.GetUtcNow(), speed);

    private static Apache.Arrow.RecordBatch Batch(FeatureStoreHarness harness, long id, float speed, string key = "id")
    {
        var builder = new Apache.Arrow.RecordBatch.Builder()
            .Append(key, false, new Apache.Arrow.Int64Array.Builder().Append(id).Build())
            .Append("t", false, new Apache.Arrow.Int64Array.Builder().Append(harness.Now).Build())
            .Append("c", false, new Apache.Arrow.Int64Array.Builder().Append(harness.Now).Build())
            .Append("speed", false, new Apache.Arrow.FloatArray.Builder().Append(speed).Build());
        return (key == "id" ? builder : builder.Append("weight", true, new Apache.Arrow.FloatArray.Builder().AppendNull().Build())).Build();
    }

    private static async Task<float?> ReadAsync(FeatureStoreHarness harness, string service, long id)
    {
        var rows = await harness.Store.ReadAsync(service, new EntityValue[] { id });
        return rows.StatusOf(0)[0] == FeatureStatus.Present ? rows.Float32Of(0)[0] : null;
    }

    private sealed record Car(long? Id, DateTimeOffset T, DateTimeOffset C, float Speed);
}
