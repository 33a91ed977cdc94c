using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>
/// The online store: a write-ahead log in front of the rows. A write is on the device when it is acknowledged; its order is log, then rows, then the hot tier. Rows that lie in the future wait beside the store.
/// Pushed rows also go to the offline store, in batches. Thread-safe.
/// </summary>
internal sealed partial class OnlineStore : IAsyncDisposable
{
    // How long closing tries to write what can also be written after the next opening.
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(30);

    private readonly OnlineStoreOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly IOfflinePushTarget _target;
    private readonly WriteAheadFiles _files;
    private readonly OnlineCheckpoints _checkpoints;
    private readonly OnlineViewRegistry _registry;
    private readonly WriteAheadLog _log;
    private readonly DueRows _due;
    private readonly PushedRows _pushed;
    private readonly Dictionary<uint, MaterializationMark> _marks;
    private readonly SemaphoreSlim _dueGate = new(1, 1);
    private readonly SemaphoreSlim _foldGate = new(1, 1);
    private readonly SemaphoreSlim _checkpointGate = new(1, 1);
    private readonly Channel<bool> _checkpointSignal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<bool> _foldSignal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _checkpointTimer;
    private readonly Task _background;
    private OnlineCheckpointManifest? _lastCheckpoint;
    private OnlineCheckpointManifest? _previousCheckpoint;
    private Exception? _backgroundFailure;
    private long _lastCompactedLength;
    private bool _changed;
    private int _closed;

    private OnlineStore(OnlineRecovery recovered, OnlineStoreOptions options, IOfflinePushTarget target, TimeProvider timeProvider, ILogger logger)
    {
        _options = options;
        _target = target;
        _timeProvider = timeProvider;
        _logger = logger;
        _files = recovered.WriteAheadFiles;
        _checkpoints = recovered.Checkpoints;
        _registry = recovered.Registry;
        _due = recovered.Due;
        _pushed = recovered.Pushed;
        _marks = recovered.Marks;
        _lastCheckpoint = recovered.Latest;
        _previousCheckpoint = recovered.Previous;
        _changed = recovered.Replayed;
        Rows = options.HotTierSize > 0 ? new TieredRowStore(recovered.Rows, options.HotTierSize) : recovered.Rows;
        _log = new WriteAheadLog(_files, recovered.OpenSegment(), _pushed, target, recovered.LastSequences);
        _background = Task.WhenAll(RunAsync(_checkpointSignal, CheckpointIfChangedAsync), RunAsync(_foldSignal, token => FoldAsync(_options.OfflineBatchSize, token)));
        _checkpointTimer = timeProvider.CreateTimer(static state => ((OnlineStore)state!)._checkpointSignal.Writer.TryWrite(true), this, options.CheckpointInterval, options.CheckpointInterval);
    }

    /// <summary>The rows.</summary>
    internal IOnlineRowStore Rows { get; }

    /// <summary>Lets one materialization run at a time.</summary>
    internal SemaphoreSlim MaterializationGate { get; } = new(1, 1);

    /// <summary>Rows that may not be seen yet.</summary>
    internal DueRows Due => _due;

    /// <summary>Why nothing can be written any more; null while all is well.</summary>
    internal Exception? Fault => _log.Fault;

    /// <summary>Why the last work in the background failed; null once it has succeeded.</summary>
    internal Exception? BackgroundFailure => Volatile.Read(ref _backgroundFailure) ?? Rows.Fault;

    /// <summary>Number of pushed rows that are not in the offline store yet.</summary>
    internal long WaitingForOffline => _pushed.Count;

    /// <summary>The time now, rounded down as for a request.</summary>
    internal long Now => Microseconds.FromRequestTime(_timeProvider.GetUtcNow());

    /// <summary>Opens the store: the newest good checkpoint, then the write-ahead log behind it.</summary>
    /// <param name="directory">Folder of the store; created if absent.</param>
    /// <param name="options">Settings.</param>
    /// <param name="target">Opens the offline store for pushed rows; it gets the registry of views.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Gets what happens in the background.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Mlp.Runtime.CorruptFileException">The files do not make up a store.</exception>
    internal static async Task<OnlineStore> OpenAsync(
        string directory,
        OnlineStoreOptions options,
        Func<OnlineViewRegistry, IOfflinePushTarget> target,
        IDiskSync disk,
        TimeProvider timeProvider,
        ILogger logger,
        CancellationToken cancellationToken = default)
    {
        var recovery = new OnlineRecovery(directory, options, disk, timeProvider, logger);
        try
        {
            var offline = target(recovery.Registry);
            await recovery.RunAsync(offline, cancellationToken).ConfigureAwait(false);
            var store = new OnlineStore(recovery, options, offline, timeProvider, logger);
            await store.TryInBackgroundAsync(token => store.FoldAsync(1, token), CancellationToken.None).ConfigureAwait(false);
            return store;
        }
        catch
        {
            recovery.Abandon();
            throw;
        }
    }

    /// <summary>The number of a view, given at first use.</summary>
    /// <param name="name">View name.</param>
    /// <param name="version">View version.</param>
    /// <param name="fingerprint">Fingerprint of the definition.</param>
    internal uint GetViewId(string name, int version, string fingerprint) => _registry.GetOrAdd(name, version, fingerprint);

    /// <summary>Writes what waits to the offline store, takes a checkpoint and closes. What fails here is on the device already and comes back at the next opening.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        await _checkpointTimer.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _background.ConfigureAwait(false);
        using var patience = new CancellationTokenSource(ClosePatience);
        await TryInBackgroundAsync(token => FoldAsync(1, token), patience.Token).ConfigureAwait(false);
        await TryInBackgroundAsync(CheckpointIfChangedAsync, patience.Token).ConfigureAwait(false);
        _log.Close();
        Rows.Dispose();
        _dueGate.Dispose();
        _foldGate.Dispose();
        _checkpointGate.Dispose();
        MaterializationGate.Dispose();
        _stop.Dispose();
    }

    /// <summary>Ends without writing anything, as a killed process would; for tests.</summary>
    internal async Task AbandonAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            await _checkpointTimer.DisposeAsync().ConfigureAwait(false);
            await _stop.CancelAsync().ConfigureAwait(false);
            await _background.ConfigureAwait(false);
            Rows.Dispose();
        }
    }

    private async Task RunAsync(Channel<bool> signal, Func<CancellationToken, Task> work)
    {
        try
        {
            while (await signal.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                signal.Reader.TryRead(out _);
                await TryInBackgroundAsync(work, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The store closes.
        }
    }

    private async Task TryInBackgroundAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        if (Fault is not null)
        {
            return;
        }

        try
        {
            await work(cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _backgroundFailure, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The store closes; closing does the work again.
        }
        catch (Exception error)
        {
            Volatile.Write(ref _backgroundFailure, error);
            OnlineMetrics.BackgroundFailures.Add(1);
            _logger.LogError(error, "Work of the online store in the background failed and will be tried again; what was acknowledged is in its write-ahead log.");
        }
    }

    private void ThrowIfClosed()
    {
        if (Volatile.Read(ref _closed) != 0)
        {
            throw new ObjectDisposedException(null, "Expected the online store to be open, but the platform has been closed.");
        }
    }

    private void ThrowIfUnusable()
    {
        ThrowIfClosed();
        if (Fault is { } fault)
        {
            throw new InvalidOperationException($"Expected the online store to take writes, but it has failed and must be opened again: {fault.Message}", fault);
        }
    }
}
