using System.Collections.Concurrent;
using Apache.Arrow;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Features.Definitions;
using Mlp.Features.Materialization;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>
/// The online side of the feature store: opens the store with the platform, and pushes, materializes and reads by definitions. Only the owner of the data directory has it open. Thread-safe.
/// </summary>
internal sealed class OnlineFeatures : IPlatformComponent, IFeatureSource
{
    // About how long a frame of the write-ahead log gets; larger pushes take several.
    private const int FrameLength = 4 << 20;

    private readonly DataDirectory _directory;
    private readonly FeatureCatalog _catalog;
    private readonly DefinitionStore _definitions;
    private readonly OfflineStore _offline;
    private readonly OnlineStoreOptions _options;
    private readonly IDiskSync _disk;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<Type, object> _records = new();
    private readonly ConcurrentDictionary<(string Name, int Version), OnlineFeatureServiceReader> _readers = new();
    private volatile OnlineStore? _store;
    private volatile OnlineViews? _views;
    private readonly OpenGuard _guard = new("the online store");
    private readonly OnlineGaps _gaps = new();
    private Exception? _openFailure;

    /// <summary>Puts the parts together; nothing is opened.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="catalog">The application's definitions.</param>
    /// <param name="definitions">The stored definitions.</param>
    /// <param name="offline">The offline store.</param>
    /// <param name="options">Settings.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Gets what happens in the background.</param>
    internal OnlineFeatures(
        DataDirectory directory,
        FeatureCatalog catalog,
        DefinitionStore definitions,
        OfflineStore offline,
        OnlineStoreOptions options,
        IDiskSync disk,
        TimeProvider timeProvider,
        ILogger logger)
    {
        _directory = directory;
        _catalog = catalog;
        _definitions = definitions;
        _offline = offline;
        _options = options;
        _disk = disk;
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <inheritdoc/>
    public string Name => "online-store";

    /// <inheritdoc/>
    public PlatformStage Stage => PlatformStage.Features;

    /// <summary>The open store.</summary>
    /// <exception cref="InvalidOperationException">This process has none; the message says why.</exception>
    internal OnlineStore Store => _store ?? throw new InvalidOperationException(DescribeAbsence());

    /// <summary>Whether this process has the store open.</summary>
    internal bool IsOpen => _store is not null;

    /// <summary>What is done when the store is open, before anything else is.</summary>
    internal Func<CancellationToken, Task> AfterOpen { get; set; } = _ => Task.CompletedTask;

    private OnlineViews Views => _views ?? throw new InvalidOperationException(DescribeAbsence());

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (!_directory.IsOwner)
        {
            return;
        }

        try
        {
            OnlineStoreOptionsValidator.Check(_options);
            var folder = Path.Combine(_directory.Features, "online");
            var isNew = !Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any();
            _store = await OnlineStore.OpenAsync(folder, _options, CreateTarget, _disk, _timeProvider, _logger, cancellationToken).ConfigureAwait(false);
            _offline.MaximumRowLength = _store.Rows.MaximumRecordLength;
            if (isNew)
            {
                WarnOfEmptyStore(folder);
            }

            _guard.Open();
            await AfterOpen(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _openFailure = error;
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        _guard.Close();
        if (_store is { } store)
        {
            _store = null;
            await store.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth()
    {
        if (!_directory.IsOwner)
        {
            return HealthCheckResult.Healthy("The online store is open in the owner of the data directory only; predictions by key are made there, and this process makes those whose features it brings itself.");
        }

        if (_store is not { } store)
        {
            return HealthCheckResult.Unhealthy(DescribeAbsence(), _openFailure);
        }

        if (store.Fault is { } fault)
        {
            return HealthCheckResult.Unhealthy($"The online store takes no writes until it is opened again: {fault.Message}", fault);
        }

        if (store.BackgroundFailure is { } failure)
        {
            return HealthCheckResult.Degraded($"A checkpoint or an offline commit of pushed rows fails and is tried again: {failure.Message}", failure);
        }

        return _gaps.Describe() is { } gaps ? HealthCheckResult.Degraded(gaps) : HealthCheckResult.Healthy("The online store is open.");
    }

    /// <inheritdoc/>
    public IFeatureServiceReader? FindService(string name, int? version = null)
        => _catalog.FindService(name, version) is { } service
            ? _readers.GetOrAdd((service.Name, service.Version), static (_, state) => state.self.CreateReader(state.service), (self: this, service))
            : null;

    /// <summary>Pushes records.</summary>
    /// <typeparam name="T">A record that was added as a view.</typeparam>
    /// <param name="records">The records.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    internal async ValueTask PushAsync<T>(IReadOnlyList<T> records, PushTarget target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        var push = (RecordPush<T>)_records.GetOrAdd(typeof(T), static (_, self) => self.CreatePush<T>(), this);
        await WriteAsync(push.Encode(records, TargetsOf(target), CreatedTimeNow(), FrameLength), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Pushes an Arrow batch.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="batch">Columns of the view's source.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    internal ValueTask PushAsync(FeatureViewDefinition definition, RecordBatch batch, PushTarget target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return WriteAsync(BatchPush.Encode(definition, Views.Get(definition), batch, TargetsOf(target), CreatedTimeNow(), FrameLength), cancellationToken);
    }

    /// <summary>Brings the latest visible rows of a view from the offline into the online store.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="asOf">Microseconds; null for now.</param>
    /// <param name="range">Event times of a back-fill; null for what is new.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Gives up; what was brought over stays.</param>
    internal async Task<MaterializationResult> MaterializeAsync(
        FeatureViewDefinition definition, long? asOf, EventTimeRange? range, IProgress<MaterializationProgress>? progress, CancellationToken cancellationToken)
    {
        var (store, view) = (Store, Views.Get(definition));
        await store.MaterializationGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await store.FoldAsync(1, cancellationToken).ConfigureAwait(false);
            var file = new MaterializationFile(_disk, Path.Combine(_directory.Features, "online", "materializations"), definition, view.Id, range);
            var result = await new OfflineMaterializer(_offline, file, _logger).RunAsync(definition, view, store, asOf ?? store.Now, range, progress, cancellationToken).ConfigureAwait(false);
            _gaps.Heed(result, isBackFill: range is not null);
            return result;
        }
        finally
        {
            store.MaterializationGate.Release();
        }
    }

    /// <summary>Forgets the online rows of a view and how far it has been materialised.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="cancellationToken">Gives up before anything is forgotten.</param>
    internal async Task ClearAsync(FeatureViewDefinition definition, CancellationToken cancellationToken)
    {
        var (store, view) = (Store, Views.Get(definition));
        await store.MaterializationGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await store.ClearAsync(view, cancellationToken).ConfigureAwait(false);
            _gaps.Forget(definition);
        }
        finally
        {
            store.MaterializationGate.Release();
        }
    }

    /// <summary>Does work while nothing is materialized.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Gives up before it begins.</param>
    internal async Task WithoutMaterializationAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        var store = Store;
        await store.MaterializationGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        finally
        {
            store.MaterializationGate.Release();
        }
    }

    /// <summary>Removes the online rows of an entity and brings all rows that were pushed before to the offline store. Nothing is materialized meanwhile.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="key">Key parts; null stands for any value.</param>
    /// <returns>Sequence of the last pushed row that was reached.</returns>
    internal async Task<long> DeleteAsync(FeatureViewDefinition definition, EntityValue[] key)
    {
        var (store, view) = (Store, Views.Get(definition));
        var through = await store.DeleteAsync(view, key).ConfigureAwait(false);
        await store.FoldAsync(1, CancellationToken.None).ConfigureAwait(false);
        return through;
    }

    /// <summary>Reads a service for one or many entities at one time.</summary>
    /// <param name="service">The service.</param>
    /// <param name="keys">Shape (entities, keys of the service), row-major.</param>
    /// <param name="asOf">Microseconds; null for now.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async ValueTask<FeatureRows> ReadAsync(FeatureServiceDefinition service, ReadOnlyMemory<EntityValue> keys, long? asOf, CancellationToken cancellationToken)
    {
        var rows = CreateRows(service, keys);
        var time = asOf ?? Microseconds.FromRequestTime(_timeProvider.GetUtcNow());
        await FindService(service.Name, service.Version)!.ReadAsync(keys, time, rows, 0, rows.RowCount, cancellationToken).ConfigureAwait(false);
        return rows;
    }

    /// <summary>Reads a service for entities, each at a time of its own.</summary>
    /// <param name="service">The service.</param>
    /// <param name="keys">Shape (entities, keys of the service), row-major.</param>
    /// <param name="asOf">Microseconds, shape (entities).</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async ValueTask<FeatureRows> ReadAsync(
        FeatureServiceDefinition service, ReadOnlyMemory<EntityValue> keys, ReadOnlyMemory<long> asOf, CancellationToken cancellationToken)
    {
        var rows = CreateRows(service, keys);
        await FindService(service.Name, service.Version)!.ReadAsync(keys, asOf, rows, 0, rows.RowCount, cancellationToken).ConfigureAwait(false);
        return rows;
    }

    /// <summary>Writes pushed rows that wait to the offline store. Does nothing where this process has no online store.</summary>
    /// <param name="cancellationToken">Gives up; the rows stay in the write-ahead log.</param>
    internal Task FlushAsync(CancellationToken cancellationToken) => _store is { } store ? store.FoldAsync(1, cancellationToken) : Task.CompletedTask;

    private static FeatureRows CreateRows(FeatureServiceDefinition service, ReadOnlyMemory<EntityValue> keys)
    {
        var width = service.Description.Keys.Count;
        if (width == 0 || keys.Length == 0 || keys.Length % width != 0)
        {
            throw new ArgumentException($"Expected {width} key parts per entity for {service}, but found {keys.Length} parts.", nameof(keys));
        }

        var rows = new FeatureRows(service.Description.Layout, keys.Length / width);
        rows.Reset(rows.Capacity);
        return rows;
    }

    private static PushTargets TargetsOf(PushTarget target) => target switch
    {
        PushTarget.OnlineAndOffline => PushTargets.Online | PushTargets.Offline,
        PushTarget.Online => PushTargets.Online,
        PushTarget.Offline => PushTargets.Offline,
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, "Expected a push target."),
    };

    private async ValueTask WriteAsync(List<byte[]> frames, CancellationToken cancellationToken)
    {
        var store = Store;
        var firstRow = 1L;
        foreach (var frame in frames)
        {
            store.CheckLengths(frame, firstRow);
            firstRow += WriteAheadFrame.CountOf(frame);
        }

        store.CheckFuture(frames);
        foreach (var frame in frames)
        {
            await store.WriteAsync(frame, assignSequences: true, cancellationToken).ConfigureAwait(false);

            // The first frame is written, so the push is not given up any more.
            cancellationToken = CancellationToken.None;
        }
    }

    private void WarnOfEmptyStore(string folder)
    {
        foreach (var view in _catalog.Views)
        {
            if (_offline.Open(view).Commits().Any(commit => commit.RowCount > 0))
            {
                _gaps.Expect(view);
            }
        }

        if (_gaps.Describe() is { } gaps)
        {
            _logger.LogWarning("The folder {Folder} of the online store is new. {Gaps}", folder, gaps);
        }
    }

    private long CreatedTimeNow() => Microseconds.FromFeatureTime(_timeProvider.GetUtcNow());

    private OfflinePushTarget CreateTarget(OnlineViewRegistry registry)
    {
        _views = new OnlineViews(registry, _catalog, _definitions);
        return new OfflinePushTarget(_offline, _views);
    }

    private RecordPush<T> CreatePush<T>()
    {
        var declared = FeatureViewDefinition.FromRecord<T>();
        var definition = _catalog.GetView(declared.Name, declared.Version);
        return new RecordPush<T>(FeatureRecordMap.Create<T>(definition), Views.Get(definition));
    }

    private OnlineFeatureServiceReader CreateReader(FeatureServiceDefinition service) => new(service.Description, () => Store, () => CreateViews(service), service);

    private IEnumerable<OnlineServiceView> CreateViews(FeatureServiceDefinition service)
        => service.Views.Where(view => view.View is not null).Select(view => new OnlineServiceView(
            new ViewReadPlan(Views.Get(view.View!), service.Description.Layout, view.ViewIndex, view.Columns.Select(column => (column.FieldIndex, column.ColumnIndex))),
            view.ViewIndex,
            view.KeyIndexes));

    private string DescribeAbsence()
        => !_directory.IsOwner
            ? $"Expected this process to own the data directory '{_directory.Root}', since only its owner has the online store open, but its mode is {_directory.Mode}."
            : _openFailure is null
                ? _guard.Refusal().Message
                : $"Expected the online store to be open, but it could not be opened: {_openFailure.Message}";
}
