using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Tests.Materialization;
using Mlp.Features.Tests.Offline;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Deletion;

/// <summary>Keys at the borders of their types.</summary>
public abstract class DeleteEntityKeyTests(long hotTierSize)
{
    public sealed class WithHotTier() : DeleteEntityKeyTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : DeleteEntityKeyTests(0);

    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("points", 1)
        .Key("number", EntityValueKind.Int64).Key("name", EntityValueKind.String).Key("device", EntityValueKind.Guid).EventTime("t").CreatedTimeEqualsEventTime().Feature("value", FeatureType.Int64).Build();

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add(View).AddService("s", 1, service => service.From("points", 1)).Build();

    [Fact]
    public async Task DeleteEntityAsync_KeysAtTheBorders_AreGoneAndTheOthersStay()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        (long Number, string Name, Guid Device)[] keys =
        [
            (long.MinValue, "", Guid.Empty), (long.MaxValue, "O'Neil\"; --", Guid.AllBitsSet), (0, "a\0b", Guid.Empty), (-1, "Zürich 🚕", Guid.Empty), (-1, "zürich 🚕", Guid.Empty),
        ];
        await harness.Store.IngestAsync("points", keys.Select((key, i) => new Point(key.Number, key.Name, key.Device, harness.Clock.GetUtcNow(), i)));
        await harness.Store.MaterializeAsync("points");
        for (var deleted = 0; deleted < keys.Length; deleted++)
        {
            await harness.Store.DeleteEntityAsync("points", Key(keys[deleted]));
            await harness.ReopenAsync();

            Assert.Equal(Enumerable.Range(deleted + 1, keys.Length - deleted - 1).Select(i => (long)i), Reading.Column<long>(harness.Store, View, "value").Order());
            for (var i = 0; i < keys.Length; i++)
            {
                var rows = await harness.Store.ReadAsync("s", new EntityValue[] { keys[i].Device, keys[i].Name, keys[i].Number });
                Assert.Equal(i <= deleted ? FeatureStatus.Missing : FeatureStatus.Present, rows.StatusOf(0)[0]);
            }
        }
    }

    private static EntityValue[] Key((long Number, string Name, Guid Device) key) => [key.Number, key.Name, key.Device];

    private sealed record Point(long Number, string Name, Guid Device, DateTimeOffset T, long Value);
}
