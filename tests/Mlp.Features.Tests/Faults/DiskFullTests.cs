using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Features.Tests.Materialization;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Faults;

/// <summary>A disk that is really full, under each of the store's works: a sentence, nothing acknowledged is lost, and the store goes on when there is space again.</summary>
public sealed class DiskFullTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().AddService("shops", 1, service => service.From<Shop>()).Build();
    private static readonly FeatureViewDefinition View = FeatureViewDefinition.FromRecord<Shop>();

    private SmallDisk? _disk;
    private FeatureStoreHarness? _harness;

    private FeatureStoreHarness Harness => _harness!;

    private FeatureStore Store => Harness.Store;

    public async Task InitializeAsync()
    {
        if (SmallDisk.IsPossible)
        {
            _disk = new SmallDisk(24);
            _harness = new FeatureStoreHarness(Catalog) { Root = Directory.CreateDirectory(Path.Combine(_disk.Root, "data")).FullName };
            _harness.Options.RemovedFileRetention = TimeSpan.Zero;
            await _harness.OpenAsync();
        }
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        if (_harness is not null)
        {
            await _harness.DisposeAsync();
        }

        _disk?.Dispose();
    }

    [SmallDiskFact]
    public async Task PushAsync_DiskFull_SaysSoAndKeepsEveryAcknowledgedRow()
    {
        await Store.PushAsync(Row(0, 0));
        var acknowledged = 1;
        _disk!.Fill();

        var error = await Assert.ThrowsAsync<LogWriteException>(async () =>
        {
            for (; acknowledged < 100_000; acknowledged++)
            {
                await Store.PushAsync(Row(acknowledged, acknowledged));
            }
        });
        AssertTells(error);
        Assert.Equal(HealthStatus.Unhealthy, Store.Online.CheckHealth().Status);
        _disk.Free();
        Assert.Contains("must be opened again", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await Store.PushAsync(Row(0, 0)))).Message, StringComparison.Ordinal);
        await Harness.ReopenAsync();
        await Store.PushAsync(Row(100_001, 1));

        Assert.Equal([.. Enumerable.Range(0, acknowledged).Select(i => (float)i), 1f], (await ReadAsync([.. Enumerable.Range(0, acknowledged), 100_001])).Take(acknowledged + 1));
        Assert.Equal(HealthStatus.Healthy, Store.Online.CheckHealth().Status);
    }

    [SmallDiskFact]
    public async Task CheckpointAsync_DiskFull_SaysSoAndLaterTakesOne()
    {
        await PushAsync(0, 3000);
        await Store.Online.Store.CheckpointAsync(default);
        await PushAsync(1000, 3000);
        _disk!.Fill();

        AssertTells(await Assert.ThrowsAnyAsync<Exception>(() => Store.Online.Store.CheckpointAsync(default).WaitAsync(TimeSpan.FromMinutes(2))));
        Assert.Equal(Values(0, 4000), await ReadAsync([.. Enumerable.Range(0, 4000)]));
        _disk.Free();
        if (Store.Online.Store.Fault is not null)
        {
            await Harness.ReopenAsync();
        }

        await PushAsync(4000, 10);
        await Store.Online.Store.CheckpointAsync(default);
        await Harness.KillAsync();

        Assert.Equal(Values(0, 4010), await ReadAsync([.. Enumerable.Range(0, 4010)]));
    }

    [SmallDiskFact]
    public async Task FlushAsync_DiskFull_SaysSoAndLaterWritesEachRowOnce()
    {
        await PushAsync(0, 500);
        _disk!.Fill();

        AssertTells(await Assert.ThrowsAnyAsync<Exception>(() => Store.FlushAsync()));
        _disk.Free();
        await Store.FlushAsync();

        Assert.Equal(Values(0, 500), Reading.Column<float>(Store, View, "sales"));
    }

    [SmallDiskFact]
    public async Task IngestAsync_DiskFull_SaysSoAndTakesTheBatchLater()
    {
        await Store.IngestAsync(Rows(0, 100), "first");
        _disk!.Fill();

        AssertTells(await Assert.ThrowsAnyAsync<Exception>(() => Store.IngestAsync(Rows(100, 5000), "second")));
        Assert.Equal(100, Store.Offline.Open(View).GetSnapshot().RowCount);
        _disk.Free();
        await Store.IngestAsync(Rows(100, 5000), "second");

        Assert.Equal(Values(0, 5100), Reading.Column<float>(Store, View, "sales"));
        Assert.Equal(2, DataFiles().Count);
    }

    [SmallDiskFact]
    public async Task CompactAsync_DiskFull_SaysSoAndLeavesTheFilesAsTheyAre()
    {
        await Store.IngestAsync(Rows(0, 2000));
        await Store.IngestAsync(Rows(2000, 2000));
        var before = DataFiles();
        _disk!.Fill();

        AssertTells(await Assert.ThrowsAnyAsync<Exception>(() => Store.CompactAsync("shop")));
        Assert.Equal(before, DataFiles());
        _disk.Free();
        await Store.CompactAsync("shop");
        await Store.ExpireAsync("shop");

        Assert.Single(DataFiles());
        Assert.Equal(Values(0, 4000), Reading.Column<float>(Store, View, "sales"));
    }

    [SmallDiskFact]
    public async Task MaterializeAsync_DiskFull_SaysSoAndGoesOnLater()
    {
        await Store.IngestAsync(Rows(0, 20_000));
        _disk!.Fill();

        AssertTells(await Assert.ThrowsAnyAsync<Exception>(() => Store.MaterializeAsync("shop")));
        _disk.Free();
        if (Store.Online.Store.Fault is not null)
        {
            await Harness.ReopenAsync();
        }

        await Store.MaterializeAsync("shop");

        Assert.Equal(Values(0, 20_000), await ReadAsync([.. Enumerable.Range(0, 20_000)]));
    }

    [SmallDiskFact]
    public async Task DeleteEntityAsync_DiskFull_SaysSoAndIsDoneLater()
    {
        await Store.IngestAsync(Rows(0, 2000));
        await PushAsync(2000, 100);
        await Store.FlushAsync();
        _disk!.Fill();

        AssertTells(await Assert.ThrowsAnyAsync<Exception>(() => Store.DeleteEntityAsync("shop", new EntityValue[] { Key(5) })));
        _disk.Free();
        if (Store.Online.Store.Fault is not null)
        {
            await Harness.ReopenAsync();
        }

        await Store.DeleteEntityAsync("shop", new EntityValue[] { Key(5) });

        Assert.Equal(Values(0, 2100).Where(value => value != 5), Reading.Column<float>(Store, View, "sales"));
    }

    [SmallDiskFact]
    public async Task SaveAsync_DiskFull_SaysSoAndLeavesNoSetBehind()
    {
        await Store.IngestAsync(Rows(0, 5000));
        using var set = await Store.CreateTrainingSetAsync("shops", Enumerable.Range(0, 5000).Select(i => new { Id = Key(i), At = Harness.Clock.GetUtcNow() }), "at");
        var folder = Path.Combine(_disk!.Root, "frozen");
        _disk.Fill();

        AssertTells(await Assert.ThrowsAnyAsync<Exception>(() => set.SaveAsync(folder)));
        Assert.False(Directory.Exists(folder));
        _disk.Free();
        await set.SaveAsync(folder);

        Assert.Equal(set.Manifest.ContentHash, (await TrainingSet.OpenAsync(folder)).Manifest.ContentHash);
    }

    private static void AssertTells(Exception error)
    {
        Assert.True(error is MlPlatformException or IOException, error.ToString());
        Assert.Contains("space", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static string Key(int number) => FormattableString.Invariant($"shop {number}");

    private static IEnumerable<float> Values(int first, int count) => Enumerable.Range(first, count).Select(i => (float)i);

    private Shop Row(int number, float sales) => new(Key(number), Harness.Clock.GetUtcNow(), Harness.Clock.GetUtcNow(), sales);

    private IEnumerable<Shop> Rows(int first, int count) => Enumerable.Range(first, count).Select(i => Row(i, i));

    private ValueTask PushAsync(int first, int count) => Store.PushAsync(Rows(first, count).ToList());

    private async Task<List<float>> ReadAsync(IReadOnlyList<int> numbers)
        => [.. (await Store.ReadAsync("shops", numbers.Select(number => (EntityValue)Key(number)).ToArray())).Float32];

    private List<string> DataFiles() => [.. Directory.EnumerateFiles(Path.Combine(Harness.Root, "features", "offline"), "*.parquet", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
