using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Versions;

/// <summary>
/// A target that is loaded when it is called and unloaded when others need the room. Callers that come at once share one load; one that gives up leaves it to the others. Thread-safe.
/// </summary>
internal sealed class OnDemandTarget : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ServingTarget _target;
    private readonly ITargetLoader _loader;
    private readonly LoadedLimit[] _limits;
    private readonly PredictionClock _clock;
    private readonly long _precision;
    private readonly CancellationTokenSource _closing = new();
    private Task<ServingVersion>? _loading;
    private Task _unloading = Task.CompletedTask;
    private long _lastUse;
    private int _waiting;
    private volatile bool _isLoaded;
    private bool _isClosed;

    /// <summary>Makes a target that is not loaded.</summary>
    /// <param name="target">The target.</param>
    /// <param name="loader">Loads and unloads it.</param>
    /// <param name="limits">Where it needs a place while it is loaded.</param>
    /// <param name="clock">The clock of calls.</param>
    public OnDemandTarget(ServingTarget target, ITargetLoader loader, LoadedLimit[] limits, PredictionClock clock)
    {
        _target = target;
        _loader = loader;
        _limits = limits;
        _clock = clock;
        _precision = clock.Time.TimestampFrequency / 1000;
        target.Unload();
    }

    /// <summary>When it was called last, as a timestamp, to the millisecond.</summary>
    public long LastUse => Volatile.Read(ref _lastUse);

    /// <summary>Whether it is loaded, and no caller waits that has not had it yet.</summary>
    public bool MayUnload => _isLoaded && Volatile.Read(ref _waiting) == 0;

    /// <summary>Notes a call. Callers on many processors share the memory, so it is written once in a millisecond at most.</summary>
    /// <param name="timestamp">When the call began.</param>
    public void Touch(long timestamp)
    {
        if (timestamp - Volatile.Read(ref _lastUse) > _precision)
        {
            Volatile.Write(ref _lastUse, timestamp);
        }
    }

    /// <summary>Waits until it is loaded.</summary>
    /// <param name="call">The call, whose time ends the wait too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The version; another target may have got its place when the caller uses it.</returns>
    /// <exception cref="ModelNotReadyException">There is nothing to load, it cannot be loaded, or the platform has been closed.</exception>
    /// <exception cref="PredictionTimeoutException">The time of the call is up.</exception>
    public async Task<ServingVersion> LoadAsync(CallContext call, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            var loading = StartLoading();
            try
            {
                return await loading.WaitAsync(RemainingOf(call), _clock.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException e) when (!loading.IsFaulted && call.Timeout is { } timeout)
            {
                throw PredictionTimeoutException.InLoad(_target.Model, timeout, e);
            }
            catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
            {
                throw CallCancellation.Explain($"model '{_target.Model}'", e, cancellationToken, CallStage.Load);
            }
        }
        finally
        {
            if (Interlocked.Decrement(ref _waiting) == 0)
            {
                Signal();
            }
        }
    }

    /// <summary>Takes it out of service until it is called again; calls that have begun go on.</summary>
    /// <returns>A task that completes when its place is free.</returns>
    public Task UnloadAsync()
    {
        lock (_gate)
        {
            if (_isLoaded)
            {
                // On another thread: disposing of sessions and telling observers is no work to do under a lock.
                _isLoaded = false;
                _unloading = Task.Run(UnloadNowAsync);
            }

            return _unloading;
        }
    }

    /// <summary>Takes it out of service for good and waits for its calls.</summary>
    /// <param name="cancellationToken">Gives up waiting for calls.</param>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        Task? loading;
        lock (_gate)
        {
            _isClosed = true;
            loading = _loading;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        if (loading is not null)
        {
            await loading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await UnloadAsync().ConfigureAwait(false);
        _target.Withdraw("the platform has been closed", isFinal: true);
        await _loader.DrainAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _closing.Dispose();

    private Task<ServingVersion> StartLoading()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new ModelNotReadyException(_target.Model, "the platform has been closed");
            }

            if (_loading is { IsCompleted: false } running)
            {
                return running;
            }

            if (_target.Current is { } current)
            {
                return Task.FromResult(current);
            }

            // Reading, checking and building a session is work of milliseconds to seconds for a thread of the pool.
            var unloading = _unloading;
            _loading = Task.Run(() => LoadNowAsync(unloading), CancellationToken.None);
            return _loading;
        }
    }

    private async Task<ServingVersion> LoadNowAsync(Task unloading)
    {
        try
        {
            await unloading.ConfigureAwait(false);
            foreach (var limit in _limits)
            {
                await limit.EnterAsync(this, _closing.Token).ConfigureAwait(false);
            }

            await _loader.LoadAsync(_closing.Token).ConfigureAwait(false);
            var version = _target.Current ?? throw new ModelNotReadyException(_target.Model, _target.UnavailableReason ?? "it has just been taken out of service");
            Volatile.Write(ref _lastUse, _clock.GetTimestamp());
            _isLoaded = true;
            Signal();
            return version;
        }
        catch (OperationCanceledException)
        {
            Leave();
            throw new ModelNotReadyException(_target.Model, "the platform has been closed");
        }
        catch
        {
            Leave();
            throw;
        }
    }

    private async Task UnloadNowAsync()
    {
        await _loader.UnloadAsync().ConfigureAwait(false);
        Leave();
    }

    private TimeSpan RemainingOf(in CallContext call)
    {
        if (call.Timeout is not { } timeout)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var remaining = timeout - TimeSpan.FromTicks(_clock.NanosecondsBetween(call.Started, _clock.GetTimestamp()) / TimeSpan.NanosecondsPerTick);
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
    }

    private void Leave() => Array.ForEach(_limits, l => l.Leave(this));

    private void Signal() => Array.ForEach(_limits, static l => l.Signal());
}
