using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Materialization;
using Mlp.Features.Online;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

public abstract class MaterializeTests(long hotTierSize)
{
    public sealed class WithHotTier() : MaterializeTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : MaterializeTests(0);

    private const long Start = OnlineTestViews.Start;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().Add<Visitor>()
        .AddService("shops", 1, service => service.From<Shop>())
        .AddService("all", 1, service => service.From<Visitor>().From<Shop>())
        .Build();

    [Fact]
    public async Task MaterializeAsync_AfterTheClockMoved_BringsTheLatestVisibleRow()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        harness.Clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(FeatureStatus.Missing, await StatusAsync(harness, "a"));
        await harness.Store.IngestAsync<Shop>([Create("a", 0, 0, 1), Create("a", -5, 0, 2), Create("b", 1, 0, 3), Create("c", 1, 1, 4), Create(null, 0, 0, 5)]);

        var progress = new List<MaterializationProgress>();
        var result = await harness.Store.MaterializeAsync("shop", progress: new SynchronousProgress(progress.Add));

        Assert.Equal((1, 1, 3), (result.FromCommit, result.ToCommit, result.RowCount));
        Assert.Equal([new MaterializationProgress(3, 3)], progress);
        Assert.Equal(1f, await ReadAsync(harness, "a"));
        Assert.Equal(3f, await ReadAsync(harness, "b"));
        Assert.Equal(4f, await ReadAsync(harness, "c"));
    }

    [Fact]
    public async Task MaterializeAsync_Again_ReadsOnlyNewCommitsAndFindsLateRows()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.IngestAsync<Shop>([Create("a", -2, -2, 1), Create("b", -2, -2, 2)]);
        await harness.Store.MaterializeAsync("shop");
        var nothing = await harness.Store.MaterializeAsync("shop");
        await harness.Store.IngestAsync<Shop>([Create("a", -9, 0, 3), Create("b", -2, -1, 4)]);
        await harness.ReopenAsync();
        var late = await harness.Store.MaterializeAsync("shop");
        await harness.KillAsync();

        Assert.Equal((2, 1, 0), (nothing.FromCommit, nothing.ToCommit, nothing.RowCount));
        Assert.Equal((2, 2, 2), (late.FromCommit, late.ToCommit, late.RowCount));
        Assert.Equal(1f, await ReadAsync(harness, "a"));
        Assert.Equal(4f, await ReadAsync(harness, "b"));
        Assert.Equal(0, (await harness.Store.MaterializeAsync("shop")).RowCount);
    }

    [Fact]
    public async Task MaterializeAsync_AsOfThePast_LeavesLaterRowsForTheNextTime()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.IngestAsync<Shop>([Create("a", -20, -20, 1), Create("a", -10, -10, 2), Create("b", -20, -5, 3), Create("c", 5, -5, 4)]);

        var past = await harness.Store.MaterializeAsync("shop", Microseconds.ToDateTimeOffset(Start - 15));
        Assert.Equal(1, past.RowCount);
        Assert.Equal(1f, await ReadAsync(harness, "a"));
        Assert.Null(await ReadAsync(harness, "b"));

        var now = await harness.Store.MaterializeAsync("shop");
        Assert.Equal(2, now.RowCount);
        Assert.Equal(2f, await ReadAsync(harness, "a"));
        Assert.Equal(3f, await ReadAsync(harness, "b"));
        Assert.Null(await ReadAsync(harness, "c"));

        harness.Clock.Advance(TimeSpan.FromMicroseconds(5));
        Assert.Equal(1, (await harness.Store.MaterializeAsync("shop")).RowCount);
        Assert.Equal(4f, await ReadAsync(harness, "c"));
        Assert.Equal(0, (await harness.Store.MaterializeAsync("shop")).RowCount);
    }

    [Fact]
    public async Task MaterializeAsync_GuidAndCompositeKeys_AreFound()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var id = Guid.Parse("0188f2a0-7a4c-7c11-9d1e-2f3a4b5c6d7e");
        await harness.Store.PushAsync(new Visitor(id, 7, Microseconds.ToDateTimeOffset(Start), 3, "Ögrü"), PushTarget.Offline);
        await harness.Store.PushAsync(new Visitor(id, 8, Microseconds.ToDateTimeOffset(Start), null, null));
        Assert.Equal(FeatureStatus.Missing, (await harness.Store.ReadAsync("all", new EntityValue[] { "a", 7, id })).StatusOf(0)[0]);

        await harness.Store.MaterializeAsync("visitor");

        var rows = await harness.Store.ReadAsync("all", new EntityValue[] { "a", 7, id, EntityValue.Null, 8, id, EntityValue.Null, 7, Guid.Empty });
        Assert.Equal(3, rows.Int64Of(0)[0]);
        Assert.Equal("Ögrü", System.Text.Encoding.UTF8.GetString(rows.StringOf(0, 0)));
        Assert.Equal([FeatureStatus.Present, FeatureStatus.Present, FeatureStatus.Missing], rows.StatusOf(0).ToArray());
        Assert.Equal([FeatureStatus.Null, FeatureStatus.Null, FeatureStatus.Missing], rows.StatusOf(1).ToArray());
        Assert.All(rows.StatusOf(2).ToArray(), status => Assert.Equal(FeatureStatus.Missing, status));
    }

    [Fact]
    public async Task MaterializeAsync_ManyEntitiesOverSmallMemory_AreAllReadable()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.IngestAsync(Enumerable.Range(0, 30_000).Select(i => Create(FormattableString.Invariant($"shop {i % 20_000}"), i / 20_000, 0, i)));
        harness.Clock.Advance(TimeSpan.FromSeconds(1));

        var result = await harness.Store.MaterializeAsync("shop");

        Assert.Equal(20_000, result.RowCount);
        for (var i = 0; i < 20_000; i += 501)
        {
            Assert.Equal(i < 10_000 ? i + 20_000f : i, await ReadAsync(harness, FormattableString.Invariant($"shop {i}")));
        }
    }

    private static Shop Create(string? id, long eventOffset, long createdOffset, float value)
        => new(id, Microseconds.ToDateTimeOffset(Start + eventOffset), Microseconds.ToDateTimeOffset(Start + createdOffset), value);

    private static async Task<FeatureStatus> StatusAsync(FeatureStoreHarness harness, string id)
        => (await harness.Store.ReadAsync("shops", new EntityValue[] { id })).StatusOf(0)[0];

    private static async Task<float?> ReadAsync(FeatureStoreHarness harness, string id)
    {
        var rows = await harness.Store.ReadAsync("shops", new EntityValue[] { id });
        return rows.StatusOf(0)[0] == FeatureStatus.Present ? rows.Float32Of(0)[0] : null;
    }

    private sealed class SynchronousProgress(Action<MaterializationProgress> report) : IProgress<MaterializationProgress>
    {
        public void Report(MaterializationProgress value) => report(value);
    }
}
