using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

public sealed class MaterializeTests
{
    private const long Start = OnlineTestViews.Start;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().Add<Visitor>()
        .AddService("shops", 1, service => service.From<Shop>())
        .AddService("all", 1, service => service.From<Visitor>().From<Shop>())
        .Build();

    [Fact]
    public async Task MaterializeAsync_AfterTheClockMoved_BringsTheLatestVisibleRow()
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();
        harness.Clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(FeatureStatus.Missing, await StatusAsync(harness, "a"));
        await harness.Store.IngestAsync<Shop>([Create("a", 0, 0, 1), Create("a", -5, 0, 2), Create("b", 1, 0, 3), Create("c", 1, 1, 4), Create(null, 0, 0, 5)]);

        var progress = new List<long>();
        var result = await harness.Store.MaterializeAsync("shop", progress: new SynchronousProgress(progress.Add));

        Assert.Equal((1, 1, 3), (result.FromCommit, result.ToCommit, result.RowCount));
        Assert.Equal([3L], progress);
        Assert.Equal(1f, await ReadAsync(harness, "a"));
        Assert.Equal(3f, await ReadAsync(harness, "b"));
        Assert.Equal(4f, await ReadAsync(harness, "c"));
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

    private sealed class SynchronousProgress(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
