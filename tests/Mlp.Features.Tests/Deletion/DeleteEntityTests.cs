using System.Text;
using Mlp.Features.Definitions;
using Mlp.Features.Deletion;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Features.Tests.Materialization;
using Mlp.Features.Tests.Offline;
using Mlp.Features.Tests.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Deletion;

public abstract class DeleteEntityTests(long hotTierSize)
{
    public sealed class WithHotTier() : DeleteEntityTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : DeleteEntityTests(0);

    // Long and unlike anything else, so that its bytes can be looked for in files.
    private const string Secret = "Marigold-Quartz-7731";

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().Add<Visit>()
        .AddService("shops", 1, service => service.From<Shop>()).AddService("visits", 1, service => service.From<Visit>()).Build();

    private static readonly FeatureViewDefinition ShopView = Catalog.FindView("shop")!;

    [Fact]
    public async Task DeleteEntityAsync_PushedMaterializedWaitingAndFutureRows_AreGoneForGoodAndOthersStay()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        var now = harness.Clock.GetUtcNow();
        await harness.Store.IngestAsync<Shop>([Row(harness, Secret, 0, 1), Row(harness, "b", 0, 2)]);
        await harness.Store.MaterializeAsync("shop");
        await harness.Store.PushAsync(Row(harness, Secret, 1, 3));
        await harness.Store.Online.Store.CheckpointAsync(default);
        await harness.Store.PushAsync([Row(harness, Secret, 1_000, 4), Row(harness, "b", 1_000, 5), Row(harness, "c", 0, 6)]);
        await harness.Store.PushAsync(Row(harness, Secret, 2, 7), PushTarget.Online);

        var result = await harness.Store.DeleteEntityAsync("shop", new EntityValue[] { Secret });

        var view = Assert.Single(result.Views);
        Assert.Equal(("shop", 1, 3L), (view.View, view.Version, view.OfflineRowCount));
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal([null, 2f, 6f], await ReadAsync(harness, now));
            Assert.Equal([null, 5f, 6f], await ReadAsync(harness, now.AddMicroseconds(2_000)));
            Assert.Equal([2f, 5f, 6f], Reading.Column<float>(harness.Store, ShopView, "sales").Order());
            await harness.Store.MaterializeAsync("shop");
            if (round == 0)
            {
                await harness.KillAsync();
            }
            else
            {
                await harness.ReopenAsync();
            }
        }

        Assert.Equal([], FilesWith(harness.Root, Secret).Where(path => path.Contains("offline", StringComparison.Ordinal) || path.Contains("deletions", StringComparison.Ordinal)));

        // Done again it finds nothing, and an older row that comes now is a new one.
        Assert.Equal((null, 0L), (await harness.Store.DeleteEntityAsync("shop", new EntityValue[] { Secret })).Views.Select(v => (v.Commit, v.OfflineRowCount)).Single());
        await harness.Store.PushAsync(Row(harness, Secret, -500, 8));
        Assert.Equal([8f, 2f, 6f], await ReadAsync(harness, now));
        await harness.KillAsync();
        Assert.Equal([8f, 2f, 6f], await ReadAsync(harness, now));
        await harness.Store.IngestAsync<Shop>([Row(harness, Secret, -400, 9)]);
        await harness.Store.MaterializeAsync("shop");
        Assert.Equal([9f, 2f, 6f], await ReadAsync(harness, now));
        await harness.Store.FlushAsync();
        Assert.Equal([2f, 5f, 6f, 8f, 9f], Reading.Column<float>(harness.Store, ShopView, "sales").Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DeleteEntityAsync_EraseOnlineFiles_NoFileHoldsTheBytes(bool inMemory)
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Row(harness, Secret, 0, 1));
        await harness.Store.PushAsync(Row(harness, Secret, 5_000_000, 2));
        await harness.Store.Online.Store.CheckpointAsync(default);
        if (!inMemory)
        {
            // More than memory holds, so that the row has to come from the disk to be deleted.
            await harness.Store.PushAsync([.. Enumerable.Range(0, 40_000).Select(i => Row(harness, $"shop-{i}", 0, i))], PushTarget.Online);
        }

        await harness.Store.PushAsync(Row(harness, "b", 0, 3));
        Assert.NotEmpty(FilesWith(harness.Root, Secret));

        await harness.Store.DeleteEntityAsync("shop", new EntityValue[] { Secret }, new EntityDeletionOptions { EraseOnlineFiles = true });

        Assert.Equal([], FilesWith(harness.Root, Secret));
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal([null, 3f, null], await ReadAsync(harness, harness.Clock.GetUtcNow()));
            var read = await harness.Store.ReadAsync("shops", new EntityValue[] { "shop-0", "shop-39999" });
            Assert.Equal(inMemory ? [FeatureStatus.Missing, FeatureStatus.Missing] : [FeatureStatus.Present, FeatureStatus.Present], [read.StatusOf(0)[0], read.StatusOf(1)[0]]);
            await (round == 0 ? harness.KillAsync() : harness.ReopenAsync());
        }

        Assert.Equal([], FilesWith(harness.Root, Secret));
    }

    [Fact]
    public async Task DeleteEntityAsync_RowsThatWereRead_LeaveNothingInTheHotTier()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: OnlineTestViews.SmallHotTier);
        await harness.OpenAsync();
        var now = harness.Clock.GetUtcNow();
        await harness.Store.PushAsync([Row(harness, Secret, 0, 1), Row(harness, "b", 0, 2)]);
        await ReadAsync(harness, now);
        await harness.Store.PushAsync(Row(harness, Secret, 1, 3));
        await ReadAsync(harness, now.AddMicroseconds(1));
        Assert.True(TierHas(harness, Secret));

        await harness.Store.DeleteEntityAsync("shop", new EntityValue[] { Secret });

        Assert.False(TierHas(harness, Secret));
        Assert.Equal([null, 2f, null], await ReadAsync(harness, now));
        Assert.False(TierHas(harness, Secret));

        static bool TierHas(FeatureStoreHarness harness, string text)
            => ((TieredRowStore)harness.Store.Online.Store.Rows).Tier.Bytes.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    }

    [Fact]
    public async Task DeleteEntityAsync_EarlierCommitsAndCompactedFiles_AnswerWithoutTheEntity()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        await harness.Store.IngestAsync<Shop>([Row(harness, Secret, 0, 1), Row(harness, "b", 0, 2)]);
        await harness.Store.IngestAsync<Shop>([Row(harness, Secret, 1, 3)]);
        await harness.Store.CompactAsync("shop");
        await harness.Store.IngestAsync<Shop>([Row(harness, "c", 1, 4)]);

        var result = Assert.Single((await harness.Store.DeleteEntityAsync(new Dictionary<string, EntityValue> { ["id"] = Secret })).Views);

        Assert.Equal((5L, 2L, 3), (result.Commit, result.OfflineRowCount, result.FileCount));
        var reader = FeatureStore.Open(harness.Root, Catalog, MlPlatformMode.Reader);
        foreach (var store in new[] { harness.Store, reader })
        {
            Assert.Equal(["b"], Ids(store, 1));
            Assert.Equal(["b"], Ids(store, 2));
            Assert.Equal(["b"], Ids(store, 3));
            Assert.Equal(["b", "c"], Ids(store, 4));
            Assert.Equal(["b", "c"], Ids(store, 5));
        }

        Assert.Equal([], FilesWith(Path.Combine(harness.Root, "features", "offline"), Secret));

        // Files that only earlier commits have make the commit one of format 2.
        Assert.Contains("\"formatVersion\": 2", File.ReadAllText(Path.Combine(harness.Root, "features", "offline", "shop", "v1", "commits", "5.json")), StringComparison.Ordinal);
        harness.Clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal(1, (await harness.Store.ExpireAsync("shop")).FileCount);
        Assert.Throws<OfflineCommitExpiredException>(() => Ids(harness.Store, 1));
        Assert.Equal(["b"], Ids(harness.Store, 3));
        Assert.Equal(["b", "c"], Ids(harness.Store, null));
    }

    [Fact]
    public async Task DeleteEntityAsync_OnePartOfACompositeKey_DeletesEveryEntityWithItAlsoOnlineOnlyOnes()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        var now = harness.Clock.GetUtcNow();
        await harness.Store.PushAsync([new Visit(Secret, 1, now, 1), new Visit(Secret, 2, now, 2), new Visit("x", 1, now, 3), new Visit(null, 1, now, 4)]);
        await harness.Store.PushAsync([new Visit(Secret, 3, now, 5), new Visit(Secret, 4, now.AddMicroseconds(100), 6)], PushTarget.Online);
        await harness.Store.Online.Store.CheckpointAsync(default);

        var result = Assert.Single((await harness.Store.DeleteEntityAsync(new Dictionary<string, EntityValue> { ["guest"] = Secret })).Views);

        Assert.Equal(("visit", 2L), (result.View, result.OfflineRowCount));
        for (var round = 0; round < 2; round++)
        {
            var rows = await harness.Store.ReadAsync("visits", new EntityValue[] { Secret, 1, Secret, 2, Secret, 3, Secret, 4, "x", 1 }, now.AddMicroseconds(500));
            Assert.Equal([0, 0, 0, 0, 1], Enumerable.Range(0, 5).Select(i => (int)rows.StatusOf(i)[0]));
            Assert.Equal([3, 4], Reading.Column<long>(harness.Store, Catalog.FindView("visit")!, "count").Order());
            await harness.KillAsync();
        }
    }

    [Fact]
    public async Task DeleteEntityAsync_TextsThatLookLikeSql_MeanThemselves()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        string[] ids = ["a' OR 1=1 --", "a\0b", "a", "grüße", string.Empty];
        await harness.Store.IngestAsync(ids.Select(id => Row(harness, id, 0, 1)));
        for (var i = 0; i < ids.Length; i++)
        {
            Assert.Equal(1, (await harness.Store.DeleteEntityAsync("shop", new EntityValue[] { ids[i] })).Views[0].OfflineRowCount);
            Assert.Equal(ids[(i + 1)..].Order(StringComparer.Ordinal), Ids(harness.Store, null).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task DeleteEntityAsync_WrongKeysOrNoOwner_AreRefusedBySentenceAndDeleteNothing()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Row(harness, "a", 0, 1));

        await Refused<ArgumentException>(() => harness.Store.DeleteEntityAsync("shop", new EntityValue[] { EntityValue.Null }), "Expected a value for key 'id', but found null: rows with a null in their key belong to no entity.");
        await Refused<ArgumentException>(() => harness.Store.DeleteEntityAsync("shop", new EntityValue[] { 1 }), "Expected key 'id' of feature view 'shop' version 1 to be of kind String, but found Int64.");
        await Refused<ArgumentException>(() => harness.Store.DeleteEntityAsync("shop", new EntityValue[] { "a", "b" }), "Expected 1 key parts (id) for feature view 'shop' version 1, but found 2.");
        await Refused<ArgumentException>(() => harness.Store.DeleteEntityAsync(new Dictionary<string, EntityValue> { ["person"] = "a" }), "Expected a feature view with the key 'person', but there is none.");
        await Refused<ArgumentException>(() => harness.Store.DeleteEntityAsync(new Dictionary<string, EntityValue>()), "Expected the name and value of at least one key, but found none.");
        await Refused<FeatureDefinitionException>(() => harness.Store.DeleteEntityAsync("else", new EntityValue[] { "a" }), "Expected a feature view 'else'");
        var reader = FeatureStore.Open(harness.Root, Catalog, MlPlatformMode.Reader);
        await Refused<InvalidOperationException>(() => reader.DeleteEntityAsync("shop", new EntityValue[] { "a" }), "Expected this process to own the data directory");
        Assert.Equal([1f], Reading.Column<float>(await FlushedAsync(harness), ShopView, "sales"));

        static async Task Refused<T>(Func<Task> act, string sentence)
            where T : Exception
            => Assert.StartsWith(sentence, (await Assert.ThrowsAsync<T>(act)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeleteEntityAsync_PushesOfTheSameEntityMeanwhile_ReadWhatWasAcknowledgedLast()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        var (number, done) = (0, false);
        var pushing = Task.Run(async () =>
        {
            while (!Volatile.Read(ref done))
            {
                number++;
                await harness.Store.PushAsync([Row(harness, Secret, -1_000_000 + number, number), Row(harness, "b", -1_000_000 + number, number)]);
            }
        });
        for (var i = 0; i < 10; i++)
        {
            await harness.Store.DeleteEntityAsync("shop", new EntityValue[] { Secret });
            if (i % 3 == 0)
            {
                await harness.Store.Online.Store.CheckpointAsync(default);
            }
        }

        Volatile.Write(ref done, true);
        await pushing;
        await harness.Store.PushAsync([Row(harness, Secret, 0, number + 1), Row(harness, "b", 0, number + 1)]);
        var before = await ReadAsync(harness, harness.Clock.GetUtcNow());
        Assert.Equal([number + 1f, number + 1f, null], before);
        await harness.KillAsync();
        Assert.Equal(before, await ReadAsync(harness, harness.Clock.GetUtcNow()));
        await harness.Store.FlushAsync();

        // Of the other entity every row is there once; what is left of the deleted one is the end of what was pushed.
        var numbers = Reading.Rows(harness.Store, ShopView, "id, sales", row => ((string)row[0]!, (float)row[1]!));
        Assert.Equal(Enumerable.Range(1, number + 1).Select(i => (float)i), numbers.Where(row => row.Item1 == "b").Select(row => row.Item2).Order());
        var left = numbers.Where(row => row.Item1 == Secret).Select(row => row.Item2).Order().ToList();
        Assert.Equal(Enumerable.Range(number + 2 - left.Count, left.Count).Select(i => (float)i), left);
    }

    [LinuxFact]
    public async Task DeleteEntityAsync_PowerLossAtEverySync_IsCompletedAtTheNextOpeningAndLosesNothingElse()
    {
        var syncs = int.MaxValue;
        for (var failing = 1; failing <= syncs; failing++)
        {
            await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
            harness.Root = Directory.CreateDirectory(harness.NewFolder("live")).FullName;
            using var watched = new UnsyncedLossDisk(harness.Root);
            var disk = new CuttingDisk(watched);
            harness.Disk = disk;
            await harness.OpenAsync();
            await harness.Store.IngestAsync<Shop>([Row(harness, Secret, 0, 1), Row(harness, "b", 0, 2)]);
            await harness.Store.MaterializeAsync("shop");
            await harness.Store.Online.Store.CheckpointAsync(default);
            await harness.Store.PushAsync([Row(harness, Secret, 1, 3), Row(harness, "c", 1, 4), Row(harness, Secret, 900, 5)]);
            disk.RemainingSyncs = failing - 1;
            var done = false;
            try
            {
                await harness.Store.DeleteEntityAsync("shop", new EntityValue[] { Secret });
                (done, syncs) = (true, failing - 1);
            }
            catch (Exception e) when (e is IOException or MlPlatformException or InvalidOperationException)
            {
                // The power went; what is left is looked at below.
            }

            var requested = Directory.Exists(Path.Combine(harness.Root, "features", "deletions"));
            var found = watched.Crash(harness.NewFolder("crash"));
            disk.RemainingSyncs = int.MaxValue;
            await using var after = new FeatureStoreHarness(Catalog, hotTierSize) { Root = found };
            await after.OpenAsync();
            await after.Store.FlushAsync();
            var now = after.Clock.GetUtcNow();
            var sales = Reading.Column<float>(after.Store, ShopView, "sales").Order().ToList();
            var served = await ReadAsync(after, now.AddMicroseconds(2_000));
            if (served[0] is null)
            {
                Assert.Equal([2f, 4f], sales);
            }
            else
            {
                // The request was not on the device yet.
                Assert.False(done);
                Assert.Equal([1f, 2f, 3f, 4f, 5f], sales);
            }

            Assert.Equal([2f, 4f], served[1..]);
            await after.Store.DeleteEntityAsync("shop", new EntityValue[] { Secret });
            Assert.Equal([2f, 4f], Reading.Column<float>(after.Store, ShopView, "sales").Order());
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(found, "features", "deletions")));
            Assert.True(requested || !done);
        }

        Assert.InRange(syncs, 8, 60);
    }

    [Fact]
    public async Task DeleteEntityAsync_StoreThatNeverWasOnline_DeletesOffline()
    {
        using var temp = new TempDirectory();
        var store = FeatureStore.Open(temp.FullName, Catalog);
        await store.IngestAsync<Shop>([new("a", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 1), new("b", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 2)]);
        await store.DeleteEntityAsync("shop", new EntityValue[] { "a" });
        Assert.Equal(["b"], Ids(store, null));
    }

    [Fact]
    public async Task DeleteEntityAsync_ViewThatTheApplicationNoLongerDefines_IsLookedThroughToo()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        var now = harness.Clock.GetUtcNow();
        await harness.Store.PushAsync(new Visit(Secret, 1, now, 1));
        await using var smaller = new FeatureStoreHarness(new FeaturesBuilder().Add<Shop>().Build(), hotTierSize) { Root = harness.Root };
        await harness.Store.Online.CloseAsync(default);
        await smaller.OpenAsync();
        Assert.Equal(1, Assert.Single((await smaller.Store.DeleteEntityAsync(new Dictionary<string, EntityValue> { ["guest"] = Secret })).Views).OfflineRowCount);
        await smaller.Store.Online.CloseAsync(default);
        await harness.OpenAsync();
        Assert.Equal(FeatureStatus.Missing, (await harness.Store.ReadAsync("visits", new EntityValue[] { Secret, 1 })).StatusOf(0)[0]);
    }

    private static async Task<FeatureStore> FlushedAsync(FeatureStoreHarness harness)
    {
        await harness.Store.FlushAsync();
        return harness.Store;
    }

    private static Shop Row(FeatureStoreHarness harness, string id, long offset, float value)
        => new(id, harness.Clock.GetUtcNow().AddMicroseconds(offset), harness.Clock.GetUtcNow(), value);

    private static async Task<float?[]> ReadAsync(FeatureStoreHarness harness, DateTimeOffset asOf)
    {
        var rows = await harness.Store.ReadAsync("shops", new EntityValue[] { Secret, "b", "c" }, asOf);
        return [.. Enumerable.Range(0, 3).Select(i => rows.StatusOf(i)[0] == FeatureStatus.Present ? rows.Float32Of(i)[0] : (float?)null)];
    }

    private static List<string> Ids(FeatureStore store, long? commit)
    {
        var snapshot = store.Offline.Open(ShopView).GetSnapshot(commit);
        using var session = store.Offline.OpenSession();
        return session.Query($"SELECT id FROM {snapshot.Relation()} ORDER BY ingest_sequence").ConvertAll(row => (string)row[0]!);
    }

    private static List<string> FilesWith(string folder, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => ReadShared(path).AsSpan().IndexOf(bytes) >= 0).Select(path => Path.GetRelativePath(folder, path))];
    }

    private static byte[] ReadShared(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    [FeatureView("visit", CreatedTimeEqualsEventTime = true)]
    public sealed record Visit([EntityKey] string? Guest, [EntityKey] long Site, [EventTimestamp] DateTimeOffset At, [Feature] long Count);
}
