using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Versions;

/// <summary>Loads a target that is followed while it is loaded: an alias, the latest version, or a fixed one.</summary>
/// <param name="target">The target.</param>
/// <param name="host">The model's versions in memory.</param>
/// <param name="follow">Makes a follower.</param>
internal sealed class FollowingLoader(ServingTarget target, VersionHost host, Func<VersionFollower> follow) : ITargetLoader, IDisposable
{
    private readonly List<Task> _draining = [];
    private volatile VersionFollower? _follower;

    /// <summary>What stands in the way of serving what is wanted, as a sentence; null when nothing does.</summary>
    public string? Problem => target.State == ModelState.Unloaded ? null : _follower?.Problem;

    /// <summary>Asks the registry now, if the target is loaded.</summary>
    public void Wake() => _follower?.Wake();

    /// <inheritdoc/>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        _follower?.Dispose();
        var follower = follow();
        _follower = follower;
        host.KeepIdle(true);
        await follower.RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (target.Current is null)
        {
            host.KeepIdle(false);
            return;
        }

        follower.Watch();
    }

    /// <inheritdoc/>
    public async Task UnloadAsync()
    {
        if (_follower is not { } follower)
        {
            return;
        }

        await follower.UnloadAsync().ConfigureAwait(false);
        host.KeepIdle(false);
        lock (_draining)
        {
            _draining.RemoveAll(static t => t.IsCompletedSuccessfully);
            _draining.Add(follower.DrainAsync(CancellationToken.None));
        }
    }

    /// <inheritdoc/>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        lock (_draining)
        {
            return Task.WhenAll(_draining).WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _follower?.Dispose();
}
