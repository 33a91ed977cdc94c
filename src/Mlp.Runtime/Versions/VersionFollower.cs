using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Versions;

/// <summary>
/// Keeps one target at the version that it wants: asks the registry at intervals and when it is woken, opens the version beside the one in service, swaps, and retires the old one when
/// its calls have ended.
/// What cannot be loaded leaves the version in service where it is. Its methods are called by one caller at a time.
/// </summary>
/// <param name="target">What it keeps.</param>
/// <param name="host">The model's versions in memory, which other targets of the model share.</param>
/// <param name="registry">Where versions and aliases are.</param>
/// <param name="settings">The model's settings.</param>
/// <param name="time">The clock of intervals.</param>
/// <param name="logger">Told of versions that come and go.</param>
internal sealed class VersionFollower(ServingTarget target, VersionHost host, IModelRegistry registry, ModelSettings settings, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly Retirements _retirements = new();
    private readonly WeightPolicy _weights = new(settings, time);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Task _loop = Task.CompletedTask;
    private volatile string? _problem;
    private volatile string? _change;
    private volatile bool _isOutOfService;

    /// <summary>What stands in the way of serving what is wanted, or of calls that were answered before, as a sentence; null when nothing does.</summary>
    public string? Problem => _problem ?? _change;

    /// <summary>Whether it says that a version takes other features than the one before, of a target that callers bring features for.</summary>
    public bool ComparesFeatures { get; init; } = true;

    /// <summary>Called before every look at the registry; null for nobody.</summary>
    public Action? Looking { get; init; }

    /// <summary>Whether there is a version to serve, but nothing answers because it cannot be loaded.</summary>
    public bool IsOutOfService => _isOutOfService;

    /// <summary>Looks once and begins to watch.</summary>
    /// <param name="cancellationToken">Gives up the first look.</param>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken, isStart: true).ConfigureAwait(false);
        Watch();
    }

    /// <summary>Begins to watch.</summary>
    public void Watch()
    {
        host.Moved += Wake;
        _loop = WatchAsync(_stopping.Token);
    }

    /// <summary>Asks the registry now instead of at the end of the interval. May be called at any time by any thread.</summary>
    public void Wake() => _wakeUps.Writer.TryWrite(true);

    /// <summary>Stops watching, takes the target out of service for good and waits for its calls.</summary>
    /// <param name="cancellationToken">Gives up waiting for calls.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await EndAsync(() => target.Withdraw("the platform has been closed", isFinal: true)).ConfigureAwait(false);
        await DrainAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops watching and takes the target out of service until it is followed again. <see cref="DrainAsync"/> waits for its calls.</summary>
    public Task UnloadAsync() => EndAsync(target.Unload);

    /// <summary>Waits for the calls of versions that have left service.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task DrainAsync(CancellationToken cancellationToken) => _retirements.DrainAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    /// <summary>Asks the registry and loads what is new.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="isStart">Whether what no later version can heal is thrown: an accelerator or a native library that is not there.</param>
    public async Task RefreshAsync(CancellationToken cancellationToken, bool isStart = false)
    {
        var wanted = 0;
        try
        {
            Looking?.Invoke();
            wanted = FindWanted();
            if (wanted == 0)
            {
                Report($"{target.Selector} does not exist yet", null);
                return;
            }

            if (target.Current is { } current && wanted == current.Manifest.Version && host.IsCurrent(current))
            {
                Recover();
                return;
            }

            Publish(await host.OpenAsync(wanted, target.Variant, cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (!isStart || e is not (MissingNativePackageException or AcceleratorUnavailableException or AcceleratorOptionsException))
        {
            Fail(wanted, e);
        }
    }

    private async Task EndAsync(Func<ServingVersion?> takeOut)
    {
        host.Moved -= Wake;
        var cancelling = _stopping.CancelAsync();
        _retirements.Add(takeOut());
        await cancelling.ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // The watcher may have published one more version before it stopped.
        _retirements.Add(takeOut());
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = time.CreateTimer(static follower => ((VersionFollower)follower!).Wake(), this, settings.AliasPollInterval, settings.AliasPollInterval);
        while (true)
        {
            await _wakeUps.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            await RefreshAsync(cancellationToken).ConfigureAwait(false);
            if (target.Current is { } current)
            {
                host.Move(current.Manifest.Version, _weights.Choose(current));
            }
        }
    }

    /// <summary>A version never changes: once it is in service there is nothing to ask.</summary>
    private int FindWanted()
        => target.Selector.Version is { } version && target.Current?.Manifest.Version == version ? version : target.Selector.Find(registry, target.Model);

    private void Publish(ServingVersion version)
    {
        // Before anybody can know that it is in service: who has waited for it finds no problem any more.
        Recover();
        var previous = target.Publish(version);
        logger.LogInformation(
            "Model {Model} version {Version} is in service by {Target} on {Accelerator}, weights {Weights}.",
            target.Model,
            version.Manifest.Version,
            target.Selector,
            version.Accelerator.Accelerator,
            version.Weights);
        if (version.Accelerator.FallbackReason is { } reason)
        {
            logger.LogWarning("Model {Model} runs on the processor, because {Reason}.", target.Model, reason);
        }

        if (ComparesFeatures && previous is not null && previous.Manifest.Version != version.Manifest.Version)
        {
            Compare(previous, version);
        }

        _retirements.Add(previous);
    }

    /// <summary>Who calls by keys is served by whichever features the version has; who brings the features must bring others now.</summary>
    private void Compare(ServingVersion previous, ServingVersion version)
    {
        _change = version.Reader is null && FeatureLayoutCheck.FindDifference(version.Inputs.Layout.Columns, previous.Inputs.Layout.Columns) is { } difference
            ? FormattableString.Invariant($"Expected version {version.Manifest.Version} of model '{target.Model}' to take the features of version {previous.Manifest.Version}, ")
                + $"which was in service before, but they differ: {char.ToLowerInvariant(difference[0])}{difference[1..]}; calls that bring those of the version before are refused."
            : null;
        if (_change is { } change)
        {
            logger.LogWarning("{Problem}", change);
        }
    }

    private void Recover()
    {
        _problem = null;
        _isOutOfService = false;
    }

    private void Fail(int wanted, Exception exception)
    {
        var what = wanted == 0 ? $"{target.Selector} cannot be read" : FormattableString.Invariant($"version {wanted} cannot be loaded");
        Report($"{what}: {exception.Message.TrimEnd('.')}", exception);
    }

    private void Report(string reason, Exception? exception)
    {
        var serving = target.Current?.Manifest.Version;
        if (serving is null)
        {
            target.Withdraw(reason, isRefused: exception is InvalidModelException);
        }

        _isOutOfService = serving is null && exception is not null;

        var answering = serving is null ? target.WithoutVersion : FormattableString.Invariant($"version {serving} goes on answering");
        var problem = $"Expected model '{target.Model}' to serve {target.Selector}, but {reason}; {answering}.";
        if (problem == _problem)
        {
            return;
        }

        _problem = problem;
        if (exception is null)
        {
            logger.LogWarning("{Problem}", problem);
        }
        else
        {
            logger.LogError(exception, "{Problem}", problem);
        }
    }
}
