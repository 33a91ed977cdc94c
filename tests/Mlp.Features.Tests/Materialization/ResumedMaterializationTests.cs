using System.Globalization;
using Mlp.CrashChild;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Materialization;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Materialization;

public abstract class ResumedMaterializationTests(long hotTierSize)
{
    public sealed class WithHotTier() : ResumedMaterializationTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : ResumedMaterializationTests(0);

    private const int Entities = 3 * OfflineMaterializer.RowsPerSave;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().AddService("shops", 1, service => service.From<Shop>()).Build();

    [Fact]
    public async Task MaterializeAsync_AfterCancellation_GoesOnAndFindsWhatCameMeanwhile()
    {
        await using var harness = await OpenAsync();
        using var cancellation = new CancellationTokenSource();
        var progress = new List<MaterializationProgress>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => harness.Store.MaterializeAsync("shop", progress: new Reporting(p =>
        {
            progress.Add(p);
            if (p.RowCount > 2 * OfflineMaterializer.RowsPerSave)
            {
                cancellation.Cancel();
            }
        }), cancellationToken: cancellation.Token));
        Assert.All(progress, p => Assert.Equal(Entities, p.TotalRowCount));
        Assert.Equal(progress.OrderBy(p => p.RowCount), progress);

        await harness.KillAsync();
        await harness.Store.IngestAsync<Shop>([Create(5, 2, -1), Create(Entities, 0, -2)]);
        harness.Clock.Advance(TimeSpan.FromMicroseconds(10));
        progress.Clear();
        var result = await harness.Store.MaterializeAsync("shop", progress: new Reporting(progress.Add));

        Assert.InRange(result.RowCount, 3, Entities + 2 - (2 * OfflineMaterializer.RowsPerSave) + 2048);
        Assert.True(progress[0].RowCount > OfflineMaterializer.RowsPerSave);
        Assert.Equal((1, 2), (result.FromCommit, result.ToCommit));
        await CheckAsync(harness, i => i == 5 ? -1 : i);
        Assert.Equal(-2f, await ReadAsync(harness, Entities));
        Assert.Equal(0, (await harness.Store.MaterializeAsync("shop")).RowCount);
    }

    [Fact]
    public async Task MaterializeAsync_ClearedAfterCancellation_StartsAnew()
    {
        await using var harness = await OpenAsync();
        await CancelAsync(harness, (token, progress) => harness.Store.MaterializeAsync("shop", progress: progress, cancellationToken: token));

        await harness.Store.ClearOnlineAsync("shop");

        Assert.Equal(Entities, (await harness.Store.MaterializeAsync("shop")).RowCount);
        await CheckAsync(harness, i => i);
    }

    [Fact]
    public async Task MaterializeRangeAsync_AfterCancellation_GoesOn()
    {
        await using var harness = await OpenAsync();
        var (from, to) = (Microseconds.ToDateTimeOffset(OnlineTestViews.Start - 10), Microseconds.ToDateTimeOffset(OnlineTestViews.Start + 1));
        await CancelAsync(harness, (token, progress) => harness.Store.MaterializeRangeAsync("shop", from, to, progress: progress, cancellationToken: token));
        await harness.Store.IngestAsync<Shop>([Create(7, 0, -7), Create(8, 3, -8)]);
        harness.Clock.Advance(TimeSpan.FromMicroseconds(10));

        var result = await harness.Store.MaterializeRangeAsync("shop", from, to);

        // The last row before the place comes again, and one is new in the range.
        Assert.InRange(result.RowCount, 1, Entities - OfflineMaterializer.RowsPerSave + 2);
        await CheckAsync(harness, i => i == 7 ? -7 : i);
        Assert.Equal(Entities, (await harness.Store.MaterializeAsync("shop")).RowCount);
        Assert.Equal(-8f, await ReadAsync(harness, 8));
    }

    [Fact]
    public async Task MaterializeAsync_ProcessKilledAnywhere_GoesOnWhereItEnded()
    {
        using var directory = new TempDirectory();
        var root = directory.Combine("data");
        Directory.CreateDirectory(root);
        var offline = FeatureStore.Open(root, new FeaturesBuilder().Add<PushedNumber>().Build(), options: new FeatureStoreOptions { DuckDbThreads = 1 });
        await offline.IngestAsync(Enumerable.Range(0, Entities).Select(i => PushedNumber.Create(i) with { Entity = i }));

        var random = new Random(20_261_128);
        var brought = 0L;
        for (var round = 0; ; round++)
        {
            using var child = ChildProcess.StartScenario("materialize", root);
            Assert.Equal("start", await child.ReadLineAsync() ?? await child.ReadErrorsAsync());
            var before = brought;
            var wanted = round > 20 ? int.MaxValue : random.Next(1, 18);
            var lines = new List<string>();
            while (lines.Count < wanted && (lines.Count == 0 || !lines[^1].StartsWith("done", StringComparison.Ordinal)))
            {
                lines.Add(await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadErrorsAsync()));
            }

            lines.AddRange(await child.KillAsync());
            var parts = lines.Where(line => line.StartsWith("ack", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToList();
            Assert.All(parts, part => Assert.Equal(Entities, long.Parse(part[2], CultureInfo.InvariantCulture)));

            var isDone = lines.Exists(line => line.StartsWith("done", StringComparison.Ordinal));
            if (parts.Count == 0)
            {
                // The run before was killed when all was brought, and only "done" was missing: this one has nothing to bring.
                Assert.Equal((true, Entities), (isDone, before));
                break;
            }

            // The place is kept every so many rows and one batch of DuckDB.
            Assert.True(long.Parse(parts[0][1], CultureInfo.InvariantCulture) > before - OfflineMaterializer.RowsPerSave - 2048);
            brought = long.Parse(parts[^1][1], CultureInfo.InvariantCulture);
            if (isDone)
            {
                break;
            }
        }

        await using var harness = new FeatureStoreHarness(new FeaturesBuilder().Add<PushedNumber>().AddService("numbers", 1, service => service.From<PushedNumber>()).Build(), hotTierSize) { Root = root };
        await harness.OpenAsync();
        for (var i = 0L; i < Entities; i += 997)
        {
            var rows = await harness.Store.ReadAsync("numbers", new EntityValue[] { i });
            Assert.Equal((i, i / 2.0), (rows.Int64Of(0)[0], rows.Float64Of(0)[0]));
        }
    }

    [Fact]
    public async Task MaterializeRangeAsync_RowsOfTheRange_ReplaceOnlyOlderOnes()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        harness.Clock.Advance(TimeSpan.FromMicroseconds(100));
        await harness.Store.IngestAsync<Shop>([Create(1, 10, 1), Create(1, 19, 2), Create(1, 20, 3), Create(2, 9, 4), Create(3, 15, 5), Create(3, 15, 6), Create(4, 12, 7)]);
        await harness.Store.PushAsync(Create(4, 50, 8));

        var result = await harness.Store.MaterializeRangeAsync("shop", At(10), At(20));

        Assert.Equal(3, result.RowCount);
        Assert.Equal([2f, null, 6f, 8f], [await ReadAsync(harness, 1), await ReadAsync(harness, 2), await ReadAsync(harness, 3), await ReadAsync(harness, 4)]);
        Assert.Equal(4, (await harness.Store.MaterializeAsync("shop")).RowCount);
        Assert.Equal([3f, 4f], [await ReadAsync(harness, 1), await ReadAsync(harness, 2)]);
        await Assert.ThrowsAsync<ArgumentException>(() => harness.Store.MaterializeRangeAsync("shop", At(10), At(10)));
    }

    private static DateTimeOffset At(int microseconds) => Microseconds.ToDateTimeOffset(OnlineTestViews.Start + microseconds);

    private static Shop Create(int id, int eventOffset, float value) => new(id.ToString(CultureInfo.InvariantCulture), At(eventOffset), At(eventOffset), value);

    private async Task<FeatureStoreHarness> OpenAsync()
    {
        var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        await harness.Store.IngestAsync(Enumerable.Range(0, Entities).Select(i => Create(i, 0, i)));
        harness.Clock.Advance(TimeSpan.FromMicroseconds(1));
        return harness;
    }

    private static async Task CancelAsync(FeatureStoreHarness harness, Func<CancellationToken, IProgress<MaterializationProgress>, Task> work)
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new Reporting(p =>
        {
            if (p.RowCount > OfflineMaterializer.RowsPerSave + 4096)
            {
                cancellation.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work(cancellation.Token, progress));
        await harness.KillAsync();
    }

    private static async Task CheckAsync(FeatureStoreHarness harness, Func<int, float> expected)
    {
        for (var i = 0; i < Entities; i += 331)
        {
            Assert.Equal(expected(i), await ReadAsync(harness, i));
        }

        Assert.Equal(expected(7), await ReadAsync(harness, 7));
        Assert.Equal(expected(5), await ReadAsync(harness, 5));
    }

    private static async Task<float?> ReadAsync(FeatureStoreHarness harness, int id)
    {
        var rows = await harness.Store.ReadAsync("shops", new EntityValue[] { id.ToString(CultureInfo.InvariantCulture) });
        return rows.StatusOf(0)[0] == FeatureStatus.Present ? rows.Float32Of(0)[0] : null;
    }

    private sealed class Reporting(Action<MaterializationProgress> report) : IProgress<MaterializationProgress>
    {
        public void Report(MaterializationProgress value) => report(value);
    }
}
