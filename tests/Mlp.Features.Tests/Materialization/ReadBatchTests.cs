using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

/// <summary>Online reads into Arrow columns.</summary>
public abstract class ReadBatchTests(long hotTierSize)
{
    public sealed class WithHotTier() : ReadBatchTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : ReadBatchTests(0);

    private static readonly Guid Device = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add(new FeatureViewBuilder("devices", 1)
            .Key("device", EntityValueKind.Guid).Key("port", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().TimeToLive(TimeSpan.FromHours(1))
            .Feature("heat", FeatureType.Float32).Feature("volume", FeatureType.Float64).Feature("count", FeatureType.Int64).Feature("is_on", FeatureType.Boolean).Feature("site", FeatureType.String)
            .Vector("shape", 2).Build())
        .AddService("s", 1, service => service.From("devices", 1)).Build();

    [Fact]
    public async Task ReadBatchAsync_AllTypesAndStatuses_AreThoseOfTheRows()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        await harness.Store.IngestAsync("devices", [Row(harness, 1, -7200, 1, "old"), Row(harness, 2, 0, 0.1f, "Zürich"), Row(harness, 3, 0, null, null)]);
        await harness.Store.MaterializeAsync("devices");
        EntityValue[] keys = [Device, 1L, Device, 2L, Device, 3L, Device, 4L];

        using var batch = await harness.Store.ReadBatchAsync("s", keys, includeStatuses: true);

        Assert.Equal(
            ["device", "port", "heat", "heat.status", "volume", "volume.status", "count", "count.status", "is_on", "is_on.status", "site", "site.status", "shape", "shape.status"],
            batch.Schema.FieldsList.Select(field => field.Name));
        Assert.Equal(Enumerable.Repeat(Device.ToString("D"), 4), Texts(batch, "device"));
        Assert.Equal([1L, 2, 3, 4], (Int64Array)batch.Column("port"));
        Assert.Equal([null, 0.1f, null, null], (FloatArray)batch.Column("heat"));
        Assert.Equal([null, 0.1 + 0.2, null, null], (DoubleArray)batch.Column("volume"));
        Assert.Equal([null, long.MinValue, null, null], (Int64Array)batch.Column("count"));
        Assert.Equal([null, true, null, null], (BooleanArray)batch.Column("is_on"));
        Assert.Equal([null, "Zürich", null, null], Texts(batch, "site"));
        var shape = (FixedSizeListArray)batch.Column("shape");
        Assert.Equal([true, false, true, true], Enumerable.Range(0, 4).Select(shape.IsNull));
        Assert.Equal([0.1f, float.NaN], (FloatArray)shape.GetSlicedValues(1));
        Assert.All(
            batch.Schema.FieldsList.Where(field => field.Name.EndsWith(".status", StringComparison.Ordinal)),
            field => Assert.Equal([FeatureStatus.Expired, FeatureStatus.Present, FeatureStatus.Null, FeatureStatus.Missing], ((UInt8Array)batch.Column(field.Name)).Select(status => (FeatureStatus)status!.Value)));
        using var plain = await harness.Store.ReadBatchAsync("s", keys);
        Assert.Equal(8, plain.ColumnCount);
    }

    private static IEnumerable<string?> Texts(RecordBatch batch, string column) => Enumerable.Range(0, batch.Length).Select(row => ((StringArray)batch.Column(column)).GetString(row));

    private static Measured Row(FeatureStoreHarness harness, long port, int seconds, float? heat, string? site) => new(
        Device, port, harness.Clock.GetUtcNow().AddSeconds(seconds), heat, heat is null ? null : 0.1 + 0.2, heat is null ? null : long.MinValue, heat is null ? null : true, site,
        heat is { } first ? new[] { first, float.NaN } : null);

    private sealed record Measured(Guid Device, long Port, DateTimeOffset T, float? Heat, double? Volume, long? Count, bool? IsOn, string? Site, float[]? Shape);
}
