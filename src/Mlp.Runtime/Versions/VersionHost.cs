using Microsoft.Extensions.Logging;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Versions;

/// <summary>
/// The versions of one model that are in memory. Any number of roles share a version, which is loaded once, when the first of them asks. A version that nobody needs stays while there is room, so that
/// going back to it is no load; the least recently used one goes first. What cannot be loaded leaves nothing behind and is tried again at growing intervals. Thread-safe.
/// </summary>
/// <param name="settings">The model's settings.</param>
/// <param name="loader">Loads versions.</param>
/// <param name="activator">Puts them into roles.</param>
/// <param name="time">The clock of intervals.</param>
/// <param name="logger">Told of versions that are let go.</param>
internal sealed class VersionHost(ModelSettings settings, ModelLoader loader, VersionActivator activator, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, HostedVersion> _versions = [];
    private readonly Dictionary<int, LoadFailure> _failures = [];
    private readonly HashSet<Task> _loads = [];
    private readonly CancellationTokenSource _closing = new();
    private long _uses;
    private bool _keepsIdle = true;
    private bool _isClosed;

    /// <summary>The versions in memory and those being loaded, ascending.</summary>
    public IReadOnlyList<int> Versions
    {
        get
        {
            lock (_gate)
            {
                return [.. _versions.Keys.Order()];
            }
        }
    }

    /// <summary>Puts a version into a role, and loads it before if it is not in memory.</summary>
    /// <param name="version">Version.</param>
    /// <param name="variant">The role that observers see; null for one that they are not told of.</param>
    /// <param name="cancellationToken">Gives up waiting; the load goes on for others.</param>
    /// <returns>The version in its role. It stays in memory until the caller has retired it.</returns>
    /// <exception cref="ModelNotReadyException">The platform has been closed.</exception>
    /// <exception cref="ModelNotFoundException">There is no such version.</exception>
    /// <exception cref="InvalidModelException">The file, its description and its feature service do not fit together.</exception>
    /// <exception cref="CorruptFileException">The file is not what was published.</exception>
    public async Task<ServingVersion> OpenAsync(int version, string? variant, CancellationToken cancellationToken)
    {
        var hosted = Enter(version);
        try
        {
            await hosted.Loading.WaitAsync(cancellationToken).ConfigureAwait(false);

            // Making and running slots is work for a thread of the pool.
            return await Task.Run(() => Activate(hosted, variant), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Leave(hosted);
            throw;
        }
    }

    /// <summary>Raised when a version has been loaded once more, with its weights elsewhere, so that roles may go on with the new one.</summary>
    public event Action? Moved;

    /// <summary>Whether a version serves from what is now in memory of it, and not from what was before its weights have moved.</summary>
    /// <param name="serving">A version that this host has opened.</param>
    public bool IsCurrent(ServingVersion serving)
    {
        lock (_gate)
        {
            return serving.Lease is not VersionLease lease || lease.IsCurrent;
        }
    }

    /// <summary>Loads a version once more with its weights elsewhere, in the background; <see cref="Moved"/> says when it is there. Nothing happens if they are there already.</summary>
    /// <param name="version">A version in memory.</param>
    /// <param name="weights">Where the weights shall lie.</param>
    /// <param name="onlyIdle">Whether a version that has come into service meanwhile stays as it is.</param>
    public void Move(int version, WeightStorage weights, bool onlyIdle = false)
    {
        lock (_gate)
        {
            if (!_isClosed && _versions.TryGetValue(version, out var hosted) && hosted.CanMoveTo(weights))
            {
                hosted.IsMoving = true;
                Track(Task.Run(() => MoveAsync(hosted, weights, onlyIdle, _closing.Token), CancellationToken.None));
            }
        }
    }

    /// <summary>Says whether versions stay that nobody needs, as long as there is room.</summary>
    /// <param name="keepsIdle">Whether they do, as they do at first.</param>
    public void KeepIdle(bool keepsIdle)
    {
        lock (_gate)
        {
            _keepsIdle = keepsIdle;
        }

        Trim();
    }

    /// <summary>Forgets when failed loads are to be tried again: something has changed.</summary>
    public void ForgetFailures()
    {
        lock (_gate)
        {
            _failures.Clear();
        }
    }

    /// <summary>Ends loads and lets go of what nobody needs; versions in a role go when it ends.</summary>
    public async Task CloseAsync()
    {
        Task[] loads;
        lock (_gate)
        {
            _isClosed = true;
            loads = [.. _loads];
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(loads).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Trim();
    }

    /// <inheritdoc/>
    public void Dispose() => _closing.Dispose();

    private HostedVersion Enter(int version)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new ModelNotReadyException(settings.Name, "the platform has been closed");
            }

            if (!_versions.TryGetValue(version, out var hosted))
            {
                if (_failures.TryGetValue(version, out var failure) && failure.Holds(time.GetUtcNow()))
                {
                    failure.Exception.Throw();
                }

                hosted = new HostedVersion(version);
                _versions.Add(version, hosted);
                Track(Task.Run(() => LoadAsync(hosted, _closing.Token), CancellationToken.None));
            }

            hosted.UserCount++;
            return hosted;
        }
    }

    private void Leave(HostedVersion hosted)
    {
        lock (_gate)
        {
            hosted.UserCount--;
            hosted.LastUse = ++_uses;
        }

        Trim();
        if (settings.IdleWeights == WeightStorage.Mapped && hosted.IsIdle)
        {
            Move(hosted.Version, WeightStorage.Mapped, onlyIdle: true);
        }
    }

    private ServingVersion Activate(HostedVersion hosted, string? variant)
    {
        VersionLease lease;
        lock (_gate)
        {
            // Under the lock, because what is in memory of the version may be replaced and let go.
            lease = new VersionLease(this, hosted);
            ObjectDisposedException.ThrowIf(!lease.Loaded.Session.TryAcquire(), lease.Loaded.Session);
        }

        return activator.Activate(lease.Loaded, settings, variant, lease);
    }

    /// <summary>The caller holds the lock.</summary>
    private void Track(Task task)
    {
        _loads.RemoveWhere(static l => l.IsCompleted);
        _loads.Add(task);
    }

    /// <summary>Never throws: a version whose weights cannot be moved goes on as it is.</summary>
    private async Task MoveAsync(HostedVersion hosted, WeightStorage weights, bool onlyIdle, CancellationToken cancellationToken)
    {
        try
        {
            var loaded = await loader.LoadAsync(settings with { Weights = weights }, hosted.Version, cancellationToken).ConfigureAwait(false);
            bool isWanted;
            lock (_gate)
            {
                hosted.IsMoving = false;
                isWanted = _versions.GetValueOrDefault(hosted.Version) == hosted && !(onlyIdle && hosted.UserCount > 0);
                loaded = isWanted ? hosted.Replace(loaded) : loaded;
            }

            loaded.Release();
            if (isWanted)
            {
                Moved?.Invoke();
            }
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                hosted.IsMoving = false;
                hosted.CannotMove = true;
            }

            if (e is not OperationCanceledException)
            {
                logger.LogWarning(e, "The weights of model {Model} version {Version} could not be made {Weights}; they stay where they are.", settings.Name, hosted.Version, weights);
            }
        }
    }

    /// <summary>Never throws: those who wait are told.</summary>
    private async Task LoadAsync(HostedVersion hosted, CancellationToken cancellationToken)
    {
        try
        {
            var loaded = await loader.LoadAsync(settings, hosted.Version, cancellationToken).ConfigureAwait(false);
            lock (_gate)
            {
                _failures.Remove(hosted.Version);
                hosted.Complete(loaded);
            }
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                _versions.Remove(hosted.Version);

                // Asking for a version that is not there costs nothing, and it may be published at any time.
                if (e is not (ModelNotFoundException or OperationCanceledException))
                {
                    _failures[hosted.Version] = LoadFailure.After(_failures.GetValueOrDefault(hosted.Version), e, time.GetUtcNow(), settings.AliasPollInterval);
                }

                hosted.Fail(e is OperationCanceledException ? new ModelNotReadyException(settings.Name, "the platform has been closed") : e);
            }
        }

        Trim();
    }

    private void Trim()
    {
        while (TakeExcess() is { } hosted)
        {
            hosted.Loaded!.Release();
            logger.LogDebug("Model {Model} version {Version} has been let go: nobody needs it.", settings.Name, hosted.Version);
        }
    }

    private HostedVersion? TakeExcess()
    {
        lock (_gate)
        {
            if (_versions.Count <= (_isClosed || !_keepsIdle ? 0 : settings.MaximumLoadedVersions))
            {
                return null;
            }

            var oldest = _versions.Values.Where(static v => v.IsIdle).MinBy(static v => v.LastUse);
            if (oldest is not null)
            {
                _versions.Remove(oldest.Version);
            }

            return oldest;
        }
    }

    private sealed class VersionLease(VersionHost host, HostedVersion hosted) : IDisposable
    {
        public LoadedVersion Loaded { get; } = hosted.Loaded!;

        public bool IsCurrent => hosted.Loaded == Loaded;

        public void Dispose() => host.Leave(hosted);
    }
}
