using System.Buffers;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Online;
using Mlp.Features.Tests.Offline;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

public abstract class ClearOnlineTests(long hotTierSize)
{
    public sealed class WithHotTier() : ClearOnlineTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : ClearOnlineTests(0);

    private const long Start = OnlineTestViews.Start;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().Add<Visitor>()
        .AddService("shops", 1, service => service.From<Shop>())
        .AddService("visitors", 1, service => service.From<Visitor>("visits"))
        .Build();

    [Fact]
    public async Task ClearOnlineAsync_MaterializedPushedAndFutureRows_AreGoneForGoodAndTheOtherViewStays()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var reader = harness.Store.FindService("shops")!;
        await harness.Store.IngestAsync<Shop>([Create("a", 0, 1)]);
        await harness.Store.MaterializeAsync("shop");
        await harness.Store.PushAsync(Create("b", 0, 2));
        await harness.Store.PushAsync(Create("c", 10, 3));
        await harness.Store.PushAsync(new Visitor(Guid.Empty, 1, Microseconds.ToDateTimeOffset(Start), 7, "x"));
        await harness.Store.Online.Store.CheckpointAsync(default);
        await harness.Store.PushAsync(Create("d", 0, 4));
        Assert.Equal([1f, 2f, null, 4f], await ReadAsync(harness, reader, 0));

        await harness.Store.ClearOnlineAsync("shop");

        Assert.Equal([null, null, null, null], await ReadAsync(harness, reader, 0));
        Assert.Equal([null, null, null, null], await ReadAsync(harness, reader, 20));
        await harness.KillAsync();
        Assert.Equal([null, null, null, null], await ReadAsync(harness, null, 20));
        harness.Clock.Advance(TimeSpan.FromMicroseconds(20));
        await harness.Store.Online.Store.CheckpointAsync(default);
        await harness.ReopenAsync();
        Assert.Equal([null, null, null, null], await ReadAsync(harness, null, 20));

        var visits = await harness.Store.ReadAsync("visitors", new EntityValue[] { 1L, Guid.Empty });
        Assert.Equal(7, visits.Int64Of(0)[0]);
        Assert.Equal(["a", "b", "c", "d"], Reading.Column<string>(harness.Store, FeatureViewDefinition.FromRecord<Shop>(), "id").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ClearOnlineAsync_Repeated_LetsEveryReplayMaterializeAndPushAnew()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.ClearOnlineAsync("shop");
        await harness.Store.IngestAsync<Shop>([Create("a", 0, 1)]);
        for (var round = 1; round <= 3; round++)
        {
            await harness.Store.ClearOnlineAsync("shop");
            var result = await harness.Store.MaterializeAsync("shop", Microseconds.ToDateTimeOffset(Start));
            Assert.Equal((1, 1), (result.FromCommit, result.RowCount));
            Assert.Equal([1f, null, null, null], await ReadAsync(harness, null, 0));

            // Older than what the round before pushed, and yet what is served.
            await harness.Store.PushAsync(Create("b", -round, round), PushTarget.Online);
            await harness.KillAsync();
            Assert.Equal([1f, round, null, null], await ReadAsync(harness, null, 0));
            Assert.Equal(0, (await harness.Store.MaterializeAsync("shop")).RowCount);
        }
    }

    [Fact]
    public async Task ClearOnlineAsync_RowsThatWaitForTheOfflineStore_AreCommittedOnceAndInOrder()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Create("a", 0, 1));
        await harness.Store.ClearOnlineAsync("shop");
        await harness.Store.PushAsync(Create("a", 0, 2));
        await harness.Store.ClearOnlineAsync("shop");
        await harness.Store.PushAsync(Create("a", 0, 3));
        Assert.Equal(3, harness.Store.Online.Store.WaitingForOffline);
        await harness.KillAsync();
        await harness.Store.FlushAsync();

        var view = FeatureViewDefinition.FromRecord<Shop>();
        Assert.Equal([1f, 2f, 3f], Reading.Column<float>(harness.Store, view, "sales"));
        await harness.KillAsync();
        await harness.Store.FlushAsync();
        Assert.Equal([1f, 2f, 3f], Reading.Column<float>(harness.Store, view, "sales"));
        Assert.Equal([3f, null, null, null], await ReadAsync(harness, null, 0));
    }

    [Fact]
    public async Task ClearAsync_PushWasEncodedBefore_CountsAsPushedAfter()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 1);
        var frame = new ArrayBufferWriter<byte>();
        WriteAheadFrame.Begin(frame, harness.View.Id, PushTargets.Online);
        foreach (var id in new[] { 2L, 3L })
        {
            WriteAheadFrame.Add(frame, OnlineTestViews.KeyOf(harness.View, id), hasNullKey: false, OnlineTestViews.FloatRow(harness.View, new RowVersion(Start, Start, 0), id));
        }

        var payload = frame.WrittenSpan.ToArray();
        WriteAheadFrame.SetCount(payload, 2);
        await harness.Store.ClearAsync(harness.View, default);
        await harness.Store.ClearAsync(harness.View, default);
        await harness.Store.WriteAsync(payload, assignSequences: true, default);

        Assert.Equal(3u, harness.View.Id);
        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(1)).Status);
        Assert.Equal((2f, 3f), ((await harness.ReadAsync(2)).Value, (await harness.ReadAsync(3)).Value));
        await harness.KillAsync();
        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(1)).Status);
        Assert.Equal((2f, 3f), ((await harness.ReadAsync(2)).Value, (await harness.ReadAsync(3)).Value));
    }

    [Fact]
    public async Task ClearOnlineAsync_DiskFails_TakesNoMoreWritesAndForgetsNothing()
    {
        var disk = new FaultyDisk();
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize) { Disk = disk };
        await harness.OpenAsync();
        await harness.Store.PushAsync(Create("a", 0, 1), PushTarget.Online);
        disk.Fails = true;
        await Assert.ThrowsAsync<IOException>(() => harness.Store.ClearOnlineAsync("shop"));
        disk.Fails = false;
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await harness.Store.PushAsync(Create("a", 0, 2)));

        await harness.ReopenAsync();
        Assert.Equal([1f, null, null, null], await ReadAsync(harness, null, 0));
    }

    private static Shop Create(string id, long eventOffset, float value)
        => new(id, Microseconds.ToDateTimeOffset(Start + eventOffset), Microseconds.ToDateTimeOffset(Start), value);

    private static async Task<float?[]> ReadAsync(FeatureStoreHarness harness, IFeatureServiceReader? reader, long offset)
    {
        reader ??= harness.Store.FindService("shops")!;
        var rows = new FeatureRows(reader.Description.Layout, 4);
        rows.Reset(4);
        await reader.ReadAsync(new EntityValue[] { "a", "b", "c", "d" }, Start + offset, rows, 0, rows.RowCount);
        return [.. Enumerable.Range(0, 4).Select(i => rows.StatusOf(i)[0] == FeatureStatus.Present ? rows.Float32Of(i)[0] : (float?)null)];
    }
}
