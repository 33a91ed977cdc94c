using Microsoft.Extensions.Logging;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Keeps one model at the version that its alias points at: asks the registry, loads beside the version in service, swaps, and retires the old one when its calls have ended.
/// What cannot be loaded leaves the version in service where it is, and is tried again at growing intervals. Its methods are called by one caller at a time.
/// </summary>
internal sealed class ModelRefresher(Model model, IModelRegistry registry, ModelLoader loader, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan LongestRetryInterval = TimeSpan.FromSeconds(30);

    private readonly List<Task> _retirements = [];
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private volatile string? _problem;
    private volatile bool _isOutOfService;
    private string? _refusal;
    private int _failedVersion;
    private int _failureCount;
    private DateTimeOffset _retryAt;

    /// <summary>What stands in the way of serving what is wanted, as a sentence; null when nothing does.</summary>
    public string? Problem => _problem;

    /// <summary>Whether there is a version to serve, but nothing answers because it cannot be loaded.</summary>
    public bool IsOutOfService => _isOutOfService;

    /// <summary>Looks once and begins to watch.</summary>
    /// <param name="cancellationToken">Gives up the first look.</param>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken, isStart: true).ConfigureAwait(false);
        _loop = WatchAsync(_stopping.Token);
    }

    /// <summary>Stops watching, takes the model out of service and waits for its calls.</summary>
    /// <param name="cancellationToken">Gives up waiting for calls.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var cancelling = _stopping.CancelAsync();
        Withdraw();
        await cancelling.ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // The watcher may have published one more version before it stopped.
        Withdraw();
        await Task.WhenAll(_retirements).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

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
            wanted = FindWanted();
            if (wanted == 0)
            {
                Report($"{model.Settings.Target} does not exist yet", null);
                return;
            }

            if (wanted == model.Manifest?.Version)
            {
                Recover();
                return;
            }

            if (wanted == _failedVersion && time.GetUtcNow() < _retryAt)
            {
                if (_refusal is { } refusal && model.Manifest is null)
                {
                    // Who has begun to wait since hears of it, too, now that the alias is known to be where it was.
                    model.Withdraw(refusal, isRefused: true);
                }

                return;
            }

            // Reading, checking and building a session is work of milliseconds to seconds for a thread of the pool.
            var version = await Task.Run(() => loader.LoadAsync(model.Settings, wanted, cancellationToken), cancellationToken).ConfigureAwait(false);
            Publish(version);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (!isStart || e is not (MissingNativePackageException or AcceleratorUnavailableException))
        {
            Fail(wanted, e);
        }
    }

    private void Withdraw() => Retire(model.Withdraw("the platform has been closed", isFinal: true));

    private void Retire(ServingVersion? version)
    {
        lock (_retirements)
        {
            _retirements.RemoveAll(t => t.IsCompletedSuccessfully);
            if (version is not null)
            {
                _retirements.Add(version.RetireAsync());
            }
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(model.Settings.AliasPollInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            await RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private int FindWanted()
    {
        if (model.Settings.Alias is { } alias)
        {
            return registry.FindAlias(model.Name, alias)?.Version ?? 0;
        }

        // A version never changes: once it is in service there is nothing to ask.
        var version = model.Settings.Version!.Value;
        return model.Manifest?.Version == version ? version : registry.FindVersion(model.Name, version)?.Version ?? 0;
    }

    private void Publish(ServingVersion version)
    {
        var previous = model.Publish(version);
        logger.LogInformation(
            "Model {Model} version {Version} is in service by {Target} on {Accelerator}.",
            model.Name,
            version.Manifest.Version,
            model.Settings.Target,
            version.Accelerator.Accelerator);
        if (version.Accelerator.FallbackReason is { } reason)
        {
            logger.LogWarning("Model {Model} runs on the processor, because {Reason}.", model.Name, reason);
        }

        Recover();
        Retire(previous);
    }

    private void Recover()
    {
        _problem = null;
        _isOutOfService = false;
        _failedVersion = 0;
        _failureCount = 0;
    }

    private void Fail(int wanted, Exception exception)
    {
        _failureCount = wanted == _failedVersion ? _failureCount + 1 : 1;
        _failedVersion = wanted;
        var wait = model.Settings.AliasPollInterval * Math.Pow(2, Math.Min(_failureCount, 20));
        _retryAt = time.GetUtcNow() + (wait < LongestRetryInterval ? wait : LongestRetryInterval);
        var what = wanted == 0 ? $"{model.Settings.Target} cannot be read" : FormattableString.Invariant($"version {wanted} cannot be loaded");
        var reason = $"{what}: {exception.Message.TrimEnd('.')}";
        _refusal = exception is InvalidModelException ? reason : null;
        Report(reason, exception);
    }

    private void Report(string reason, Exception? exception)
    {
        var serving = model.Manifest?.Version;
        if (serving is null)
        {
            model.Withdraw(reason, isRefused: exception is InvalidModelException);
        }

        _isOutOfService = serving is null && exception is not null;

        var answering = serving is null ? "the model is not in service" : FormattableString.Invariant($"version {serving} goes on answering");
        var problem = $"Expected model '{model.Name}' to serve {model.Settings.Target}, but {reason}; {answering}.";
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
