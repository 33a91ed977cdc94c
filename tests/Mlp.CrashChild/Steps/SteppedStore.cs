using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Features;
using Mlp.Features.Deletion;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;

namespace Mlp.CrashChild.Steps;

/// <summary>A feature store that a history of steps is done to. Not thread-safe.</summary>
/// <param name="root">The data directory.</param>
/// <param name="now">Microseconds.</param>
/// <param name="evolved">Whether the application has the second version of the view that has two.</param>
/// <param name="hotTierSize">Bytes; 0 for none.</param>
public sealed class SteppedStore(string root, long now, bool evolved, long hotTierSize)
{
    // An entity that no row has.
    private const long Nobody = 99;

    private readonly StepClock _clock = new() { Now = now };
    private readonly FeatureStoreOptions _options = new()
    {
        DuckDbThreads = 1,
        DuckDbMemoryLimitBytes = 128 << 20,
        RemovedFileRetention = TimeSpan.Zero,
        Online = new OnlineStoreOptions { HotTierSize = hotTierSize, MemorySize = 1 << 20, IndexSize = 1 << 16, PageSize = 1 << 16, SegmentSize = 1 << 18 },
    };

    private FeatureStore? _store;

    /// <summary>The open store.</summary>
    public FeatureStore Store => _store ?? throw new InvalidOperationException("The store is not open.");

    /// <summary>The time, microseconds.</summary>
    public long Now => _clock.Now;

    /// <summary>Whether the application has the second version.</summary>
    public bool IsEvolved { get; private set; } = evolved;

    /// <summary>Opens the store. The second version has then all rows of the first that are in the offline store.</summary>
    public async Task OpenAsync()
    {
        _store = new FeatureStore(new DataDirectory(root, MlPlatformMode.Owner), StoreViews.CatalogOf(IsEvolved), _options, _clock, NullLoggerFactory.Instance);
        _store.OpenOffline();
        await _store.Online.OpenAsync(default);
        await AdoptAsync();
    }

    /// <summary>Closes it.</summary>
    public async Task CloseAsync()
    {
        await Store.Online.CloseAsync(default);
        Store.CloseOffline();
    }

    /// <summary>Ends it as a killed process would, but within this process.</summary>
    public Task AbandonAsync() => Store.Online.Store.AbandonAsync();

    /// <summary>Does a step.</summary>
    /// <param name="step">The step.</param>
    public async Task RunAsync(StoreStep step)
    {
        _clock.Now += step.Duration;
        var view = step.ViewOf(IsEvolved);
        var (name, version) = (StoreViews.DefinitionOf(view).Name, StoreViews.DefinitionOf(view).Version);
        switch (step.Kind)
        {
            case StoreStepKind.Push or StoreStepKind.PushMany:
                await Store.PushAsync(name, StoreViews.BatchOf(step.RowsOf(IsEvolved, Now)), step.Target, version);
                break;
            case StoreStepKind.Ingest:
                var rows = step.RowsOf(IsEvolved, Now);
                await Store.IngestAsync(StoreViews.Measured, StoreViews.BatchOf(rows), version: StoreViews.DefinitionOf(rows[0].View).Version);
                break;
            case StoreStepKind.Materialize:
                await Store.MaterializeAsync(name, TimeOf(step.AsOf(Now)), version);
                break;
            case StoreStepKind.MaterializeRange:
                var (from, to) = step.RangeOf(Now);
                await Store.MaterializeRangeAsync(name, TimeOf(from), TimeOf(to), version);
                break;
            case StoreStepKind.Flush:
                await Store.FlushAsync();
                break;
            case StoreStepKind.Checkpoint:
                await Store.Online.Store.CheckpointAsync(default);
                break;
            case StoreStepKind.CompactOnline:
                await Store.DeleteEntityAsync(StoreViews.Measured, new EntityValue[] { Nobody }, new EntityDeletionOptions { EraseOnlineFiles = true });
                break;
            case StoreStepKind.CompactOffline:
                await Store.CompactAsync(name, new CompactionOptions { IsFull = step.C % 2 == 0 }, version);
                break;
            case StoreStepKind.Expire:
                await Store.ExpireAsync(name, version);
                break;
            case StoreStepKind.DeleteEntity:
                await Store.DeleteEntityAsync(StoreViews.Measured, new EntityValue[] { step.Entity });
                break;
            case StoreStepKind.DeleteByKeyName:
                await Store.DeleteEntityAsync(new Dictionary<string, EntityValue> { ["id"] = step.Entity }, new EntityDeletionOptions { EraseOnlineFiles = step.C % 4 == 0 });
                break;
            case StoreStepKind.ClearOnline:
                await Store.ClearOnlineAsync(name, version);
                break;
            case StoreStepKind.Evolve when IsEvolved:
                await AdoptAsync();
                break;
            case StoreStepKind.Evolve:
                IsEvolved = true;
                await CloseAsync();
                await OpenAsync();
                break;
            case StoreStepKind.Reopen:
                await CloseAsync();
                await OpenAsync();
                break;
            case StoreStepKind.Kill:
                await AbandonAsync();
                await OpenAsync();
                break;
        }
    }

    private async Task AdoptAsync()
    {
        if (IsEvolved)
        {
            await Store.AdoptAsync(StoreViews.Measured, 2);
        }
    }

    private static DateTimeOffset TimeOf(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
