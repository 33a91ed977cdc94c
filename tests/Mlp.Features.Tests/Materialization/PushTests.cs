using System.Diagnostics.Metrics;
using Apache.Arrow;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Online;
using Mlp.Features.Tests.Offline;
using Mlp.Features.Tests.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Materialization;

public abstract class PushTests(long hotTierSize)
{
    public sealed class WithHotTier() : PushTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : PushTests(0);

    private const long Start = OnlineTestViews.Start;

    private static readonly FeatureCatalog Catalog = CreateBuilder().Build();

    [Fact]
    public async Task PushAsync_RecordListAndBatch_AreReadAndJoinedWithOneSequence()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Create("a", 0, 1));
        await harness.Store.PushAsync(new List<Shop> { Create("a", 0, 2), Create("b", 0, 3) });
        using (var batch = ShopBatch("a", 4))
        {
            await harness.Store.PushAsync("shop", batch);
        }

        // Equal times throughout, so that the sequence decides, online as offline.
        Assert.Equal([4f, 3f], await ReadAsync(harness, "a", "b"));
        await harness.Store.FlushAsync();
        Assert.Equal([4f, 3f], await JoinAsync(harness, "a", "b"));
        await harness.Store.IngestAsync<Shop>([Create("a", 0, 5)]);
        await harness.Store.PushAsync(Create("b", 0, 6));
        Assert.Equal([5f, 6f], await JoinAsync(harness, "a", "b"));
        await harness.Store.MaterializeAsync("shop");
        Assert.Equal([5f, 6f], await ReadAsync(harness, "a", "b"));
    }

    [Fact]
    public async Task PushAsync_CancelledBehindItsFirstFrame_IsWrittenAsAWhole()
    {
        const int Rows = 100_000;
        var disk = new WatchedDisk();
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize) { Disk = disk };
        await harness.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        disk.FlushedOpenFile = path =>
        {
            if (path.EndsWith(".mlplog", StringComparison.Ordinal))
            {
                cancellation.Cancel();
            }
        };

        await harness.Store.PushAsync(Enumerable.Range(0, Rows).Select(i => Create($"shop {i}", 0, i)).ToList(), cancellationToken: cancellation.Token);

        Assert.True(cancellation.IsCancellationRequested);
        Assert.Equal([0f, Rows / 2, Rows - 1f], await ReadAsync(harness, "shop 0", $"shop {Rows / 2}", $"shop {Rows - 1}"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await harness.Store.PushAsync(Create("late", 0, 1), cancellationToken: cancellation.Token));
        Assert.Equal([null], await ReadAsync(harness, "late"));
    }

    [Fact]
    public async Task PushAsync_Targets_ReachWhatTheySay()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Create("on", 0, 1), PushTarget.Online);
        await harness.Store.PushAsync(Create("off", 0, 2), PushTarget.Offline);

        Assert.Equal([1f, null], await ReadAsync(harness, "on", "off"));
        Assert.Equal([null, 2f], await JoinAsync(harness, "on", "off"));
        await harness.KillAsync();
        Assert.Equal([1f, null], await ReadAsync(harness, "on", "off"));
        Assert.Equal([null, 2f], await JoinAsync(harness, "on", "off"));
    }

    [Fact]
    public async Task PushAsync_ViewWithoutCreatedTime_BecomesKnownNow()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        harness.Clock.Advance(TimeSpan.FromSeconds(1));
        await harness.Store.PushAsync(new Visitor(Guid.Empty, 1, Microseconds.ToDateTimeOffset(Start), 5, "x"));
        var visitor = Catalog.FindView("visitor")!;
        await harness.Store.FlushAsync();

        using var session = harness.Store.Offline.OpenSession();
        var created = session.QueryInt64($"SELECT epoch_us(created_time) FROM {harness.Store.Offline.Open(visitor).GetSnapshot().Relation()}");
        Assert.Equal(Start + 1_000_000, created);
        await Assert.ThrowsAsync<IngestException>(() => harness.Store.IngestAsync<Visitor>([new Visitor(Guid.Empty, 1, default, 5, "x")]));
    }

    [Fact]
    public async Task PushAsync_ManyRows_FoldsByBatchesAndClosingFoldsTheRest()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        harness.Options.Online.OfflineBatchSize = 100;
        await harness.OpenAsync();
        for (var i = 0; i < 25; i++)
        {
            await harness.Store.PushAsync(Enumerable.Range(0, 10).Select(j => Create(FormattableString.Invariant($"{i} {j}"), 0, i)).ToList());
        }

        await harness.ReopenAsync();
        var snapshot = harness.Store.Offline.Open(Catalog.FindView("shop")!).GetSnapshot();
        Assert.Equal(250, snapshot.RowCount);
        Assert.InRange(snapshot.Commit, 1, 4);
        Assert.Equal([24f, null], await JoinAsync(harness, "24 9", "24 10"));
    }

    [Fact]
    public async Task PushAsync_BadInput_IsASentenceAndNothingIsWritten()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var view = await Assert.ThrowsAsync<FeatureDefinitionException>(async () => await harness.Store.PushAsync(new Unknown("a", default, 1)));
        Assert.Contains("'unknown'", view.Message, StringComparison.Ordinal);

        using var empty = new RecordBatch(new Schema([], null), [], 0);
        var column = await Assert.ThrowsAsync<IngestException>(async () => await harness.Store.PushAsync("shop", empty));
        Assert.Contains("'id'", column.Message, StringComparison.Ordinal);

        var time = await Assert.ThrowsAsync<IngestException>(async () => await harness.Store.PushAsync(new List<Shop> { Create("a", 0, 1), new("a", DateTimeOffset.MaxValue, DateTimeOffset.MinValue, 1) }));
        Assert.Equal("Expected column 'at' of the pushed records to hold a time of the years 1 to 9999 for feature view 'shop' version 1, but found one beyond in row 2.", time.Message);

        var visitor = new Visitor(Guid.Empty, 1, Microseconds.ToDateTimeOffset(Start), 1, new string('x', 1 << 17));
        var length = await Assert.ThrowsAsync<IngestException>(async () => await harness.Store.PushAsync(visitor));
        Assert.StartsWith("Expected rows of at most 65408 bytes, key and features together, for feature view 'visitor' version 1, so that they fit on a page of the online store, but row 1 has", length.Message, StringComparison.Ordinal);

        var nothing = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Store.PushAsync(new List<Shop> { Create("a", 0, 1), null! }));
        Assert.StartsWith("Expected a record at index 1 of the pushed records for feature view 'shop' version 1, but found null.", nothing.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentNullException>("record", async () => await harness.Store.PushAsync((Shop)null!));

        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await harness.Store.PushAsync(Create("a", 0, 1), cancellationToken: cancelled.Token));
        Assert.Equal([null], await ReadAsync(harness, "a"));
        await harness.Store.PushAsync(System.Array.Empty<Shop>());
        await harness.Store.PushAsync(Create("a", 0, 1));
        Assert.Equal([1f], await ReadAsync(harness, "a"));
    }

    [Fact]
    public async Task ReadAsync_TwoVersionsOfAView_AreReadSideBySide()
    {
        var next = new FeatureViewBuilder("shop", 2).Key("id", EntityValueKind.String).EventTime("at").CreatedTime("known_at")
            .Feature("sales", FeatureType.Float32).Feature("visits", FeatureType.Int64).Build();
        var catalog = CreateBuilder().Add(next).AddService("shops", 2, service => service.From("shop", 2)).Build();
        await using var harness = new FeatureStoreHarness(catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Create("a", 0, 1));

        Assert.Equal(FeatureStatus.Missing, (await harness.Store.ReadAsync("shops", new EntityValue[] { "a" })).StatusOf(0)[0]);
        Assert.Equal(1f, (await harness.Store.ReadAsync("shops", new EntityValue[] { "a" }, version: 1)).Float32Of(0)[0]);
    }

    [Fact]
    public async Task ReadAsync_TimePerEntity_EachSeesItsOwnTime()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Create("a", 0, 1));
        await harness.Store.PushAsync(Create("b", 0, 2));
        var start = Microseconds.ToDateTimeOffset(Start);

        var rows = await harness.Store.ReadAsync("shops", new EntityValue[] { "a", "a", "b" }, new[] { start.AddTicks(-10), start, start.AddTicks(9) }, version: 1);
        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Store.ReadAsync("shops", new EntityValue[] { "a", "b" }, new[] { start }));

        Assert.Equal([FeatureStatus.Missing, FeatureStatus.Present, FeatureStatus.Present], rows.Status.ToArray());
        Assert.Equal([1f, 2f], rows.Float32[1..].ToArray());
        Assert.Contains("Expected a time for each of 2 rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindService_OnDemandFeatures_AreWrittenBesideStoredOnes()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Create("a", 0, 2));
        var source = harness.Store;
        var reader = source.FindService("mixed")!;
        var rows = new FeatureRows(reader.Description.Layout, 1);

        await reader.ReadAsync(new EntityValue[] { "a" }, Start, rows, 0, 1);
        reader.FindRequestWriter<Visit>()!(new Visit(3), rows, 0);

        Assert.Equal([2f, 6f], rows.Float32Of(0).ToArray());
        Assert.Equal([FeatureStatus.Present, FeatureStatus.Present], rows.StatusOf(0).ToArray());
        Assert.Null(reader.FindRequestWriter<Shop>());
        Assert.Null(source.FindService("nothing"));
        Assert.Null(source.FindService("mixed", 2));
        Assert.Same(reader, source.FindService("mixed", 1));
    }

    [Fact]
    public async Task Reader_Mode_ReadsAndPushesWithASentenceButIsHealthy()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Create("a", 0, 2));
        await harness.Store.FlushAsync();
        var reader = FeatureStore.Open(harness.Root, Catalog, MlPlatformMode.Reader);
        await reader.Online.OpenAsync(default);

        var read = await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.ReadAsync("shops", new EntityValue[] { "a" }));
        var push = await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.PushAsync(Create("a", 0, 2)));
        Assert.Contains("own the data directory", read.Message, StringComparison.Ordinal);
        Assert.Contains("mode is Reader", push.Message, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, reader.Online.CheckHealth().Status);
        await reader.FlushAsync();
    }

    [Fact]
    public async Task CheckHealth_WriteAheadLogFaulted_IsUnhealthyUntilReopened()
    {
        var disk = new FaultyDisk();
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize) { Disk = disk };
        Assert.Throws<InvalidOperationException>(() => harness.Store);
        await harness.OpenAsync();
        Assert.Equal(HealthStatus.Healthy, harness.Store.Online.CheckHealth().Status);
        await harness.Store.PushAsync(Create("a", 0, 1));

        disk.Fails = true;
        await Assert.ThrowsAsync<LogWriteException>(async () => await harness.Store.PushAsync(Create("b", 0, 2)));
        disk.Fails = false;
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () => await harness.Store.PushAsync(Create("c", 0, 3)));

        Assert.Contains("must be opened again", refused.Message, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, harness.Store.Online.CheckHealth().Status);
        Assert.Equal([1f, null, null], await ReadAsync(harness, "a", "b", "c"));
        await harness.ReopenAsync();
        Assert.Equal(HealthStatus.Healthy, harness.Store.Online.CheckHealth().Status);
        Assert.Equal([1f, null, null], await ReadAsync(harness, "a", "b", "c"));
        Assert.Equal([1f, null, null], await JoinAsync(harness, "a", "b", "c"));
    }

    [Fact]
    public async Task CheckHealth_Life_FollowsThePlatform()
    {
        using var directory = new TempDirectory();
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(directory.Combine("data")).AddFeatures(features => features.Add<Shop>().AddService("shops", 1, s => s.From<Shop>()));
        builder.Services.Configure<FeatureStoreOptions>(options => options.Online = OnlineTestViews.SmallOptions());
        await using var platform = builder.Build();
        var component = platform.Services.GetServices<IPlatformComponent>().Single(one => one.Name == "online-store");
        Assert.Equal(PlatformStage.Features, component.Stage);
        Assert.Equal(HealthStatus.Unhealthy, component.CheckHealth().Status);

        await platform.StartAsync();
        Assert.Equal(HealthStatus.Healthy, component.CheckHealth().Status);
        var store = platform.Services.GetRequiredService<FeatureStore>();
        Assert.Same(store, platform.Services.GetRequiredService<IFeatureSource>());
        await store.PushAsync(new Shop("a", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 1));
        Assert.Equal(1f, (await store.ReadAsync("shops", new EntityValue[] { "a" })).Float32Of(0)[0]);
    }

    [Fact]
    public async Task Open_WrongSettings_NameThem()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        harness.Options.Online.MemorySize = 1 << 20;
        harness.Options.Online.PageSize = 4 << 20;
        harness.Options.Online.OfflineBatchSize = 0;
        harness.Options.Online.HotTierSize = 65535;

        var error = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => harness.OpenAsync());

        Assert.Contains("MlPlatform:Features:Online:MemorySize must be at least 33554432 (8 pages of 4194304 bytes), but is 1048576.", error.Message, StringComparison.Ordinal);
        Assert.Contains("MlPlatform:Features:Online:OfflineBatchSize must be between 1 and 10000000, but is 0.", error.Message, StringComparison.Ordinal);
        Assert.Contains("MlPlatform:Features:Online:HotTierSize must be 0 (no hot tier) or at least 65536, but is 65535.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_ReadsAndPushes_AreCounted()
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => self.EnableMeasurementEvents(instrument) };
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (instrument.Meter.Name == "Mlp.Features")
            {
                lock (counts)
                {
                    counts[instrument.Name] = counts.GetValueOrDefault(instrument.Name) + value;
                }
            }
        });
        listener.Start();
        await harness.Store.PushAsync(Create("a", 0, 1));
        await ReadAsync(harness, "a", "b", "c");
        await ReadAsync(harness, "a");
        listener.RecordObservableInstruments();

        // Other tests run beside this one and count too, now as well.
        Dictionary<string, long> seen;
        lock (counts)
        {
            seen = new(counts);
        }

        Assert.True(seen["mlp.features.pushed_rows"] >= 1);
        Assert.True(seen["mlp.features.reads"] >= 4);
        if (hotTierSize > 0)
        {
            Assert.True(seen["mlp.features.hot_tier.misses"] >= 3);
            Assert.True(seen["mlp.features.hot_tier.hits"] >= 1);
            Assert.True(seen["mlp.features.hot_tier.size"] > 0);
        }
    }

    private static FeaturesBuilder CreateBuilder() => new FeaturesBuilder().Add<Shop>().Add<Visitor>()
        .AddOnDemand<Visit, VisitFeatures>(visit => new VisitFeatures(visit.Minutes * 2f))
        .AddService("shops", 1, service => service.From("shop", 1))
        .AddService("mixed", 1, service => service.From<Shop>().From<VisitFeatures>());

    private static Shop Create(string? id, long eventOffset, float value)
        => new(id, Microseconds.ToDateTimeOffset(Start + eventOffset), Microseconds.ToDateTimeOffset(Start), value);

    private static RecordBatch ShopBatch(string id, float value)
    {
        var schema = new Schema(
            [new Field("known_at", Apache.Arrow.Types.Int64Type.Default, false), new Field("sales", Apache.Arrow.Types.FloatType.Default, true), new Field("at", Apache.Arrow.Types.Int64Type.Default, false), new Field("id", Apache.Arrow.Types.StringType.Default, true)],
            null);
        return new RecordBatch(
            schema,
            [new Int64Array.Builder().Append(Start).Build(), new FloatArray.Builder().Append(value).Build(), new Int64Array.Builder().Append(Start).Build(), new StringArray.Builder().Append(id).Build()],
            1);
    }

    private static async Task<float?[]> ReadAsync(FeatureStoreHarness harness, params string[] ids)
    {
        var rows = await harness.Store.ReadAsync("shops", ids.Select(id => (EntityValue)id).ToArray(), version: 1);
        return [.. ids.Select((_, i) => rows.StatusOf(i)[0] == FeatureStatus.Present ? rows.Float32Of(i)[0] : (float?)null)];
    }

    private static async Task<float?[]> JoinAsync(FeatureStoreHarness harness, params string[] ids)
    {
        var now = harness.Clock.GetUtcNow();
        using var set = await harness.Store.CreateTrainingSetAsync("shops", ids.Select(id => new Question(id, now)), "t", options: new() { Version = 1 });
        var values = new List<float?>();
        await foreach (var batch in set.ReadAsync())
        {
            using (batch)
            {
                values.AddRange(((FloatArray)batch.Column("sales")).ToArray());
            }
        }

        return [.. values];
    }

    private sealed record Question(string Id, DateTimeOffset T);

    [FeatureView("unknown")]
    private sealed record Unknown([EntityKey] string Id, [EventTimestamp] DateTimeOffset At, [Feature] float Value);

    public readonly record struct Visit(int Minutes);

    public readonly record struct VisitFeatures(float Doubled);
}
