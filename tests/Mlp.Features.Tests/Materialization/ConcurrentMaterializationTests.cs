using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Deletion;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Materialization;
using Mlp.Features.Online;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

/// <summary>Materializations beside others, beside deletions and pushes, over ranges without rows, and of rows that came late by the store's order and not by their own times.</summary>
public sealed class ConcurrentMaterializationTests : IAsyncLifetime, IAsyncDisposable
{
    private const int Entities = 2 * OfflineMaterializer.RowsPerSave;
    private const int Visitors = 5000;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().Add<Visitor>()
        .AddService("shops", 1, service => service.From<Shop>())
        .AddService("visitors", 1, service => service.From<Visitor>()).Build();

    private readonly FeatureStoreHarness _harness = new(Catalog);

    private FeatureStore Store => _harness.Store;

    public Task InitializeAsync() => _harness.OpenAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task MaterializeAsync_TwoViewsAndOneTwiceAtOnce_BringsEachRowAsOften()
    {
        await IngestShopsAsync(Entities);
        await Store.PushAsync(Enumerable.Range(0, Visitors).Select(i => new Visitor(Guid.Empty, i, At(0), i, "x")).ToList(), PushTarget.Offline);
        _harness.Clock.Advance(TimeSpan.FromMicroseconds(1));

        var results = await Task.WhenAll(Store.MaterializeAsync("shop"), Store.MaterializeAsync("visitor"), Store.MaterializeAsync("shop"));

        Assert.Equal(Visitors, results[1].RowCount);
        Assert.Equal([0, Entities], new[] { results[0].RowCount, results[2].RowCount }.Order());
        for (var i = 0; i < Entities; i += 997)
        {
            Assert.Equal(i, await ReadAsync(i));
            var visitor = await Store.ReadAsync("visitors", new EntityValue[] { i % Visitors, Guid.Empty });
            Assert.Equal(i % Visitors, visitor.Int64Of(0)[0]);
        }

        Assert.Equal(0, (await Store.MaterializeAsync("shop")).RowCount);
        Assert.Equal(0, (await Store.MaterializeAsync("visitor")).RowCount);
    }

    /// <summary>Whatever comes first, the entity is gone afterwards, also where its row had been read before it was deleted and is brought after.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DeleteEntityAsync_WhileItIsMaterialized_StaysDeleted(bool isCancelled)
    {
        await IngestShopsAsync(Entities);
        _harness.Clock.Advance(TimeSpan.FromMicroseconds(1));
        using var cancellation = new CancellationTokenSource();
        var deletions = new List<Task<EntityDeletionResult>>();
        int[] deleted = [0, 7, 1000, 20_000, Entities - 1];
        var progress = new Reporting(p =>
        {
            if (deletions.Count == 0)
            {
                deletions.AddRange(deleted.Select(id => Task.Run(() => Store.DeleteEntityAsync("shop", new EntityValue[] { id.ToString(CultureInfo.InvariantCulture) }))));
            }

            if (isCancelled && p.RowCount > OfflineMaterializer.RowsPerSave + 4096)
            {
                cancellation.Cancel();
            }
        });

        var work = Store.MaterializeAsync("shop", progress: progress, cancellationToken: cancellation.Token);
        _ = isCancelled ? await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work) : (object)await work;
        await Task.WhenAll(deletions);
        if (isCancelled)
        {
            await _harness.KillAsync();
        }

        await Store.MaterializeAsync("shop");
        await Store.MaterializeRangeAsync("shop", At(-10), At(10));
        foreach (var id in deleted)
        {
            Assert.Null(await ReadAsync(id));
        }

        Assert.Equal(8, await ReadAsync(8));
        Assert.Equal(Entities - 2, await ReadAsync(Entities - 2));
    }

    [Fact]
    public async Task MaterializeAsync_NewerPushMeanwhile_StaysInFront()
    {
        await IngestShopsAsync(Entities);
        _harness.Clock.Advance(TimeSpan.FromMicroseconds(5));
        var pushes = new List<Task>();
        await Store.MaterializeAsync("shop", progress: new Reporting(_ =>
        {
            var id = pushes.Count;
            pushes.Add(Task.Run(async () => await Store.PushAsync(Create(id, 3, -id))));
            pushes.Add(Task.Run(async () => await Store.PushAsync(Create(Entities - 1 - id, 3, -id - 1))));
        }));
        await Task.WhenAll(pushes);

        for (var i = 0; i < pushes.Count; i += 2)
        {
            Assert.Equal(-i, await ReadAsync(i));
            Assert.Equal(-i - 1, await ReadAsync(Entities - 1 - i));
        }

        Assert.Equal(pushes.Count + 1, await ReadAsync(pushes.Count + 1));
    }

    [Fact]
    public async Task MaterializeRangeAsync_NoRowsInTheRange_BringsNoneAndReportsNothing()
    {
        await IngestShopsAsync(3);
        _harness.Clock.Advance(TimeSpan.FromSeconds(1));
        var progress = new List<MaterializationProgress>();

        var result = await Store.MaterializeRangeAsync("shop", At(1), At(500), progress: new Reporting(progress.Add));

        Assert.Equal((0, 1, 1), (result.RowCount, result.FromCommit, result.ToCommit));
        Assert.Empty(progress);
        Assert.Null(await ReadAsync(0));
        Assert.Equal(0, (await Store.MaterializeRangeAsync("visitor", At(0), At(1))).RowCount);

        // It does not count as materialized.
        Assert.Equal(3, (await Store.MaterializeAsync("shop", progress: new Reporting(progress.Add))).RowCount);
        Assert.Equal([new MaterializationProgress(3, 3)], progress);
    }

    [Fact]
    public async Task MaterializeRangeAsync_Borders_FirstCountsLastDoesNotAndBothAreRoundedUp()
    {
        await Store.IngestAsync([Create(0, 0, 1), Create(1, 10, 2), Create(2, 20, 3)]);
        _harness.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(2, (await Store.MaterializeRangeAsync("shop", At(0), At(20))).RowCount);
        Assert.Equal([1f, 2f, null], [await ReadAsync(0), await ReadAsync(1), await ReadAsync(2)]);

        // 0.1 microseconds behind 10 is 11, and behind 19 is 20, which is outside.
        Assert.Equal(0, (await Store.MaterializeRangeAsync("shop", At(10).AddTicks(1), At(19).AddTicks(1))).RowCount);
        Assert.Equal(1, (await Store.MaterializeRangeAsync("shop", At(10).AddTicks(1), At(20).AddTicks(1))).RowCount);
        var e = await Assert.ThrowsAsync<ArgumentException>(() => Store.MaterializeRangeAsync("shop", At(20), At(10)));
        Assert.StartsWith("Expected a range of event times that begins before it ends, but it begins at ", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Late by event time, by created time, and by neither: a correction that only the ingest sequence tells from what is there. None is missed, and none brings an older row back.</summary>
    [Fact]
    public async Task MaterializeAsync_LateRowsOfEveryKind_AreNotMissed()
    {
        await Store.IngestAsync([Create(0, 0, 1), Create(1, 0, 1), Create(2, 0, 1), Create(3, 0, 1)]);
        _harness.Clock.Advance(TimeSpan.FromSeconds(1));
        await Store.MaterializeAsync("shop");

        await Store.IngestAsync([
            Create(0, -5, 2),                              // older than what is there
            Create(1, 0, 2) with { KnownAt = At(1) },      // a correction by created time
            Create(2, 0, 2),                               // a correction by sequence alone
            Create(4, -1000, 2),                           // an entity that was not there, long before the last materialization
            Create(3, 0, 2) with { KnownAt = At(-1) },     // known before what is there
        ]);
        var late = await Store.MaterializeAsync("shop");

        Assert.Equal((2, 2, 5), (late.FromCommit, late.ToCommit, late.RowCount));
        Assert.Equal([1f, 2f, 2f, 1f, 2f], [await ReadAsync(0), await ReadAsync(1), await ReadAsync(2), await ReadAsync(3), await ReadAsync(4)]);
        Assert.Equal(0, (await Store.MaterializeAsync("shop")).RowCount);
    }

    [Fact]
    public async Task MaterializeAsync_RowsKnownLater_ComeWhenTheirTimeHasComeWithoutANewCommit()
    {
        await Store.IngestAsync([Create(0, 0, 1), Create(0, 0, 2) with { KnownAt = At(2_000_000) }]);
        _harness.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, (await Store.MaterializeAsync("shop")).RowCount);
        Assert.Equal(1f, await ReadAsync(0));

        _harness.Clock.Advance(TimeSpan.FromSeconds(1));
        var later = await Store.MaterializeAsync("shop");
        Assert.Equal(1, later.RowCount);
        Assert.Equal(2f, await ReadAsync(0));
    }

    private static DateTimeOffset At(int microseconds) => Microseconds.ToDateTimeOffset(OnlineTestViews.Start + microseconds);

    private static Shop Create(int id, int eventOffset, float value) => new(id.ToString(CultureInfo.InvariantCulture), At(eventOffset), At(eventOffset), value);

    private Task<IngestResult> IngestShopsAsync(int count) => Store.IngestAsync(Enumerable.Range(0, count).Select(i => Create(i, 0, i)));

    private async Task<float?> ReadAsync(int id)
    {
        var rows = await Store.ReadAsync("shops", new EntityValue[] { id.ToString(CultureInfo.InvariantCulture) });
        return rows.StatusOf(0)[0] == FeatureStatus.Present ? rows.Float32Of(0)[0] : null;
    }

    private sealed class Reporting(Action<MaterializationProgress> report) : IProgress<MaterializationProgress>
    {
        public void Report(MaterializationProgress value) => report(value);
    }
}
