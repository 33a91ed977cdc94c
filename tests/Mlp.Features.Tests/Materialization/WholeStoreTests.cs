using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

/// <summary>All views at once: materialized together, and missed together when the folder of the online store is gone.</summary>
public sealed class WholeStoreTests
{
    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>()
        .Add(Cars(1)).Add(Cars(2)).Add(new FeatureViewBuilder("empty").Key("id", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Feature("x", FeatureType.Int64).Build())
        .AddService("shops", 1, service => service.From<Shop>())
        .AddService("garage", 1, service => service.From("cars", 1))
        .AddService("garage", 2, service => service.From("cars", 2))
        .Build();

    [Fact]
    public async Task MaterializeAsync_AllViews_BringsEveryVersionAsOfOneTime()
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();
        await IngestAsync(harness);
        var now = harness.Clock.GetUtcNow();

        var results = await harness.Store.MaterializeAsync();

        Assert.Equal([("shop", 1, 2L), ("cars", 1, 1L), ("cars", 2, 1L), ("empty", 1, 0L)], results.Select(r => (r.View, r.Version, r.RowCount)));
        Assert.All(results, result => Assert.Equal(now, result.AsOf));
        Assert.Equal(1, (await harness.Store.ReadAsync("garage", new EntityValue[] { 7L }, version: 1)).Int64Of(0)[0]);
        Assert.Equal(2, (await harness.Store.ReadAsync("garage", new EntityValue[] { 7L })).Int64Of(0)[0]);
        Assert.All(await harness.Store.MaterializeAsync(), again => Assert.Equal((again.ToCommit + 1, 0), (again.FromCommit, again.RowCount)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenAsync_OnlineFolderGone_WarnsAndIsDegradedUntilMaterialized(bool isMountPoint)
    {
        var warnings = new KeptWarnings();
        await using var harness = new FeatureStoreHarness(Catalog) { Loggers = warnings };
        await harness.OpenAsync();
        Assert.Equal(HealthStatus.Healthy, harness.Store.Online.CheckHealth().Status);
        await IngestAsync(harness);
        await harness.ReopenAsync();
        Assert.Empty(warnings.Messages);
        await harness.Store.Online.CloseAsync(default);
        var folder = Path.Combine(harness.Root, "features", "online");
        Directory.Delete(folder, recursive: true);
        if (isMountPoint)
        {
            Directory.CreateDirectory(folder);
        }

        await harness.OpenAsync();

        const string Sentence = "The online store began empty, but the offline store has rows of 'cars' version 1, 'cars' version 2, 'shop' version 1: materialize them.";
        Assert.Equal([$"The folder {folder} of the online store is new. {Sentence}"], warnings.Messages);
        Assert.Equal((HealthStatus.Degraded, Sentence), (harness.Store.Online.CheckHealth().Status, harness.Store.Online.CheckHealth().Description));
        await harness.Store.MaterializeAsync("shop");
        Assert.Equal("The online store began empty, but the offline store has rows of 'cars' version 1, 'cars' version 2: materialize them.", harness.Store.Online.CheckHealth().Description);
        await harness.Store.MaterializeAsync();
        Assert.Equal(HealthStatus.Healthy, harness.Store.Online.CheckHealth().Status);
    }

    [Fact]
    public async Task PushAsync_LazySequence_IsManyRows()
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();
        var at = harness.Clock.GetUtcNow();

        await harness.Store.PushAsync(Enumerable.Range(0, 3).Select(i => new Shop(FormattableString.Invariant($"s{i}"), at, at, i)));

        var rows = await harness.Store.ReadAsync("shops", new EntityValue[] { "s0", "s1", "s2" });
        Assert.Equal([0f, 1f, 2f], rows.Float32.ToArray());
    }

    private static FeatureViewDefinition Cars(int version)
        => new FeatureViewBuilder("cars", version).Key("id", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Feature("doors", FeatureType.Int64).Build();

    private static async Task IngestAsync(FeatureStoreHarness harness)
    {
        var at = harness.Clock.GetUtcNow();
        await harness.Store.IngestAsync([new Shop("a", at, at, 1), new Shop("b", at, at, 2)]);
        await harness.Store.IngestAsync("cars", [new { Id = 7L, T = at, Doors = 1L }], version: 1);
        await harness.Store.IngestAsync("cars", [new { Id = 7L, T = at, Doors = 2L }], version: 2);
    }
}
