using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Online;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

/// <summary>Pushed rows whose time lies ahead of the clock.</summary>
public abstract class FutureRowsTests(long hotTierSize)
{
    public sealed class WithHotTier() : FutureRowsTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : FutureRowsTests(0);

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().AddService("shops", 1, service => service.From<Shop>()).Build();

    [Fact]
    public async Task PushAsync_MoreFutureRowsThanThereIsMemoryFor_IsRefusedUntilTheirTimeHasCome()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        harness.Options.Online.FutureRowsSize = 64 << 10;
        await harness.OpenAsync();
        var pushed = 0;
        var refusal = await Assert.ThrowsAsync<FutureRowsException>(async () =>
        {
            while (true)
            {
                await harness.Store.PushAsync(Row(harness, $"s{pushed}", 1_000_000, pushed));
                pushed++;
            }
        });

        Assert.Matches(
            @"^Expected at most 65536 bytes of rows whose time lies ahead of the clock, but \d+ wait and this push into feature view 'shop' version 1 has \d+, the last of them for 1\.000 s from now\. Check the clock of the producer, or raise FutureRowsSize\.$", refusal.Message);
        Assert.InRange(pushed, 100, 400);
        await harness.Store.PushAsync(Row(harness, "present", 0, 7));
        await harness.KillAsync();
        await Assert.ThrowsAsync<FutureRowsException>(async () => await harness.Store.PushAsync(Row(harness, "other", 1_000_000, 1)));
        Assert.Equal([null, 7f, null], await ReadAsync(harness, "s0", "present", "other"));

        harness.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([0f, pushed - 1f, null], await ReadAsync(harness, "s0", $"s{pushed - 1}", "other"));
        Assert.Equal(0, harness.Store.Online.Store.Due.Size);
        await harness.Store.PushAsync(Row(harness, "other", 1_000_000, 1));
    }

    [Fact]
    public async Task ReadAsync_ManyRowsOfOneEntityBecomeDue_SeesTheLatestAtEachTime()
    {
        const int Rows = 20_000;
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync([.. Enumerable.Range(0, Rows).Select(i => Row(harness, "hot", Rows - i, Rows - i))]);
        for (var step = 1; step <= Rows; step *= 5)
        {
            harness.Clock.SetUtcNow(Microseconds.ToDateTimeOffset(OnlineTestViews.Start + step));
            Assert.Equal([(float)step], await ReadAsync(harness, "hot"));
        }
    }

    private static Shop Row(FeatureStoreHarness harness, string id, int ahead, float sales) => new(id, harness.Clock.GetUtcNow().AddMicroseconds(ahead), harness.Clock.GetUtcNow().AddMicroseconds(ahead), sales);

    private static async Task<float?[]> ReadAsync(FeatureStoreHarness harness, params string[] ids)
    {
        var values = new List<float?>();
        foreach (var id in ids)
        {
            var rows = await harness.Store.ReadAsync("shops", new EntityValue[] { id });
            values.Add(rows.StatusOf(0)[0] == FeatureStatus.Present ? rows.Float32Of(0)[0] : null);
        }

        return [.. values];
    }
}
