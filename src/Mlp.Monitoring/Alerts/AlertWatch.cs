using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Monitoring.Figures;
using Mlp.Runtime;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Alerts;

/// <summary>
/// Looks at the figures from time to time and tells of alerts: first the state file, then the log, subscribers and webhooks. Whatever fails is logged and counted, and the next look goes on.
/// </summary>
internal sealed class AlertWatch : IPlatformComponent, IDisposable
{
    private static readonly TimeSpan LongestUnsaved = TimeSpan.FromMinutes(5);

    private readonly DataDirectory _directory;
    private readonly AlertConfiguration _configuration;
    private readonly IFigureSource[] _sources;
    private readonly AlertFeed _feed;
    private readonly AlertMetrics _metrics;
    private readonly AlertFallbackMover _mover;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<AlertWatch> _logger;
    private readonly AlertStateFile _file;
    private readonly AlertEvaluator _evaluator;
    private readonly WebhookQueue[] _queues;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _evaluating = new(1, 1);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly List<Task> _tasks = [];
    private readonly HashSet<string> _failing = new(StringComparer.Ordinal);
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private AlertInstance[] _instances = [];
    private DateTimeOffset _savedAt;
    private string? _problem;
    private string? _startProblem;
    private string? _writeProblem;

    public AlertWatch(
        DataDirectory directory,
        AlertConfiguration configuration,
        IEnumerable<IFigureSource> sources,
        IModelRegistry? registry,
        AlertFeed feed,
        AlertMetrics metrics,
        IDiskSync disk,
        TimeProvider timeProvider,
        ILogger<AlertWatch> logger)
    {
        _directory = directory;
        _configuration = configuration;
        _sources = [.. sources];
        _feed = feed;
        _metrics = metrics;
        _mover = new AlertFallbackMover(registry, metrics, logger);
        _timeProvider = timeProvider;
        _logger = logger;
        _file = new AlertStateFile(Path.Combine(directory.Root, "alerts"), disk);
        _evaluator = new AlertEvaluator(configuration.Rules, configuration.ResolveWhenGoneFor);
        _queues = [.. configuration.Webhooks.Select(w => new WebhookQueue(w))];
        metrics.Observe(() => Active, () => _queues.Select(q => (q.Configuration.Name, q.Count)));
    }

    public string Name => "alerts";

    public PlatformStage Stage => PlatformStage.Monitoring;

    /// <summary>Alerts that fire, as they fired; those that have fired longest first.</summary>
    public IReadOnlyList<Alert> Active => [.. Volatile.Read(ref _instances).Select(i => i.Fired).OfType<Alert>().OrderBy(a => a.FiredAt)];

    /// <summary>Alerts that wait to be posted.</summary>
    internal int PendingDeliveryCount => _queues.Sum(q => q.Count);

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        // A reader has no log of its own, and the state belongs to the owner.
        if (!_directory.IsOwner || (_configuration.Rules.Count == 0 && !File.Exists(_file.Path)))
        {
            return;
        }

        await RestoreAsync(cancellationToken).ConfigureAwait(false);
        _tasks.Add(Task.Run(RunAsync, CancellationToken.None));
        foreach (var queue in _queues)
        {
            var sender = new WebhookSender(queue, _client, _metrics, _timeProvider, SaveAsync, _logger);
            _tasks.Add(Task.Run(() => sender.RunAsync(_stop.Token), CancellationToken.None));
        }
    }

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_tasks).ConfigureAwait(false);
        _feed.End();
        if (_tasks.Count > 0)
        {
            _tasks.Clear();
            await SaveAsync().ConfigureAwait(false);
        }
    }

    public HealthCheckResult CheckHealth() => Volatile.Read(ref _problem) is { } problem ? HealthCheckResult.Degraded(problem) : HealthCheckResult.Healthy();

    public void Dispose()
    {
        _stop.Dispose();
        _client.Dispose();
        _evaluating.Dispose();
        _writing.Dispose();
    }

    /// <summary>Looks once.</summary>
    internal async Task EvaluateAsync(CancellationToken cancellationToken)
    {
        await _evaluating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var now = _timeProvider.GetUtcNow();
            var (figures, problem) = Collect();
            var changes = _evaluator.Evaluate(figures, now);
            NameVersionsToLeave();
            await TellAsync(changes, now).ConfigureAwait(false);
            Volatile.Write(ref _problem, await FallBackAsync(cancellationToken).ConfigureAwait(false) ?? problem ?? _writeProblem ?? _startProblem);
        }
        finally
        {
            _evaluating.Release();
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_configuration.EvaluationInterval, _timeProvider);
        try
        {
            do
            {
                try
                {
                    await EvaluateAsync(_stop.Token).ConfigureAwait(false);
                }
#pragma warning disable CA1031 // Monitoring never breaks the host: the next look goes on.
                catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
                {
                    Fail("evaluation", $"Expected to look at the alert rules, but it failed: {e.Message}", e);
                }
            }
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The platform stops.
        }
    }

    private (List<Figure> Figures, string? Problem) Collect()
    {
        var figures = new List<Figure>();
        string? problem = null;
        foreach (var source in _sources)
        {
            var part = source.GetType().Name;
            try
            {
                figures.AddRange(source.Latest);
                _failing.Remove(part);
            }
#pragma warning disable CA1031 // A part that fails must not silence the alerts on the others.
            catch (Exception e)
#pragma warning restore CA1031
            {
                problem ??= $"Expected figures of {part}, but computing them failed: {e.Message}";
                if (_failing.Add(part))
                {
                    Fail("figures", problem, e);
                }
            }
        }

        return (figures, problem);
    }

    private async Task TellAsync(IReadOnlyList<Alert> changes, DateTimeOffset now)
    {
        foreach (var alert in changes)
        {
            Enqueue(alert, now);
        }

        // Before anybody hears of it: what a webhook is to get survives a crash from here on.
        if (Remember() || changes.Count > 0 || _writeProblem is not null || now - _savedAt >= LongestUnsaved)
        {
            _savedAt = now;
            await SaveAsync().ConfigureAwait(false);
        }

        foreach (var alert in changes)
        {
            _metrics.Transition(alert);
            Log(alert);
            _feed.Publish(alert);
        }
    }

    private void Enqueue(Alert alert, DateTimeOffset now)
    {
        foreach (var queue in _queues.Where(q => alert.Severity >= q.Configuration.MinimumSeverity))
        {
            foreach (var lost in queue.Add(new WebhookDelivery(queue.Configuration.Name, alert, now, 0, now)))
            {
                _metrics.Attempt(queue.Configuration.Name, "given_up");
                _logger.LogError(
                    "Alert {Rule} ({Id}) was given up for webhook {Webhook}: more than {Count} alerts wait for it.", lost.Alert.Rule, lost.Id, lost.Webhook, queue.Configuration.MaximumPendingCount);
            }
        }
    }

    private void Log(Alert alert)
    {
        var level = alert.State == AlertState.Resolved ? LogLevel.Information
            : alert.Severity switch { AlertSeverity.Info => LogLevel.Information, AlertSeverity.Warning => LogLevel.Warning, _ => LogLevel.Error };
        _logger.Log(level, "Alert {Rule} ({Id}) is {State}: {Message}", alert.Rule, alert.Id, alert.State, alert.Message);
    }

    private void NameVersionsToLeave()
    {
        foreach (var (instance, fallback) in AwaitingFallback().Where(i => i.Instance.FallbackFrom is null))
        {
            try
            {
                var version = _mover.FindVersion(fallback, instance.Fired!);
                _evaluator.Update(instance with { FallbackFrom = version, IsFallbackDone = version is null });
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or MlPlatformException)
            {
                Fail("fallback", $"Expected to find alias '{fallback.Alias}' of model '{instance.Subject.Model}', but it failed: {e.Message}", e);
            }
        }
    }

    /// <summary>Moves the aliases of alerts that have not done so; tried again at the next look where the registry fails.</summary>
    /// <returns>What went wrong, or null.</returns>
    private async Task<string?> FallBackAsync(CancellationToken cancellationToken)
    {
        string? problem = null;
        var isChanged = false;
        foreach (var (instance, fallback) in AwaitingFallback().Where(i => i.Instance.FallbackFrom is not null))
        {
            try
            {
                if (await _mover.MoveAsync(fallback, instance.Fired!, instance.FallbackFrom!.Value, cancellationToken).ConfigureAwait(false))
                {
                    _evaluator.Update(instance with { IsFallbackDone = true });
                    isChanged = true;
                }
            }
#pragma warning disable CA1031 // Whatever the registry throws, monitoring goes on.
            catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
            {
                problem = $"Expected alert '{instance.Rule}' to take version {instance.FallbackFrom} of model '{instance.Subject.Model}' out of service, but it failed: {e.Message}";
                Fail("fallback", problem, e);
            }
        }

        if (isChanged)
        {
            Remember();
            await SaveAsync().ConfigureAwait(false);
        }

        return problem;
    }

    private List<(AlertInstance Instance, AlertFallback Fallback)> AwaitingFallback()
        => [.. from instance in _evaluator.Instances
               where instance is { Fired: not null, IsFallbackDone: false }
               let fallback = _configuration.Rules.FirstOrDefault(r => r.Name == instance.Rule)?.Fallback
               where fallback is not null
               select (instance, fallback)];

    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        var now = _timeProvider.GetUtcNow();
        _savedAt = now;
        if (Read(now) is { } state)
        {
            var resolved = _evaluator.Restore(state.Instances, now);
            foreach (var queue in _queues)
            {
                queue.Add(state.Deliveries.Where(d => d.Webhook == queue.Configuration.Name));
            }

            await TellAsync(resolved, now).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private AlertStateDocument? Read(DateTimeOffset now)
    {
        try
        {
            return _file.Read();
        }
        catch (Exception e) when (e is CorruptFileException or UnsupportedFormatVersionException)
        {
            var aside = TrySetAside(now);
            _startProblem = $"Alerts have started over, since their state could not be read and lies in '{aside}' now: {e.Message}";
            Fail("state", _startProblem, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _startProblem = $"Alerts have started over, since their state could not be read: {e.Message}";
            Fail("state", _startProblem, e);
        }

        return null;
    }

    private string TrySetAside(DateTimeOffset now)
    {
        try
        {
            return _file.SetAside(now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return _file.Path;
        }
    }

    /// <summary>Takes a picture of what the rules remember, for those who read it beside the next look.</summary>
    /// <returns>Whether it differs from the picture before by more than the newest figures, of which the file may know later.</returns>
    private bool Remember()
    {
        AlertInstance[] now = [.. _evaluator.Instances];
        var before = Volatile.Read(ref _instances);
        Volatile.Write(ref _instances, now);
        return !now.Select(WithoutFigure).SequenceEqual(before.Select(WithoutFigure));
    }

    private static AlertInstance WithoutFigure(AlertInstance instance) => instance with { SeenAt = default, WindowTo = null, Value = 0, RowCount = 0, Earlier = null };

    /// <summary>Writes what is remembered; what the disk refuses is said, and written at the next look.</summary>
    private async Task SaveAsync()
    {
        await _writing.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            _file.Write(new AlertStateDocument { Instances = Volatile.Read(ref _instances), Deliveries = [.. _queues.SelectMany(q => q.Snapshot())] });
            _writeProblem = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _writeProblem = $"The state of alerts cannot be written: {e.Message}";
            Fail("state", _writeProblem, e);
        }
        finally
        {
            _writing.Release();
        }
    }

    private void Fail(string part, string problem, Exception e)
    {
        _metrics.Failure(part);
        _logger.LogError(e, "{Problem}", problem);
        Volatile.Write(ref _problem, problem);
    }
}
