using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Monitoring.Redaction;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Logs the predictions of the chosen models: one <see cref="ModelLog"/> per version in service. Thread-safe.</summary>
internal sealed class PredictionLogWriter : IPredictionObserver, IPlatformComponent, IAsyncDisposable
{
    private readonly DataDirectory _directory;
    private readonly PredictionLogConfiguration _configuration;
    private readonly Func<string, bool> _isLogged;
    private readonly Func<ServedModel, IReadOnlyList<IPredictionBatchListener>>? _createListeners;
    private readonly IDiskSync _disk;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<PredictionLogWriter> _logger;
    private readonly Lock _gate = new();
    private readonly List<ModelLog> _logs = [];
    private readonly List<ModelLog> _leaving = [];
    private readonly List<Task> _closing = [];
    private readonly Dictionary<(string Model, int Version), LogStatistics> _closed = [];
    private readonly Dictionary<(string Model, int Version), string> _refused = [];
    private bool _isOpen;

    /// <summary>Creates the log; nothing is opened.</summary>
    /// <param name="directory">Where the log lies, and whether this process may write it.</param>
    /// <param name="configuration">Settings.</param>
    /// <param name="isLogged">Says of a model name whether its predictions are logged.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Hears of failures.</param>
    /// <param name="createListeners">Who else looks at the batches of a version; may be null.</param>
    public PredictionLogWriter(
        DataDirectory directory,
        PredictionLogConfiguration configuration,
        Func<string, bool> isLogged,
        IDiskSync disk,
        TimeProvider timeProvider,
        ILogger<PredictionLogWriter> logger,
        Func<ServedModel, IReadOnlyList<IPredictionBatchListener>>? createListeners = null)
    {
        _directory = directory;
        _configuration = configuration;
        _isLogged = isLogged;
        _disk = disk;
        _timeProvider = timeProvider;
        _logger = logger;
        _createListeners = createListeners;
        LabelKeys = new LabelKeyRedaction(configuration, FindKeys);
    }

    /// <inheritdoc/>
    public string Name => "prediction-log";

    /// <inheritdoc/>
    public PlatformStage Stage => PlatformStage.Monitoring;

    /// <summary>Redacts the keys of labels as the log redacts those of predictions.</summary>
    public LabelKeyRedaction LabelKeys { get; }

    /// <summary>The counts of every version that was in service since the start.</summary>
    public IReadOnlyList<LogStatistics> Statistics
    {
        get
        {
            lock (_gate)
            {
                return [.. _closed.Values.Concat(_logs.Concat(_leaving).Select(log => log.Statistics))
                    .GroupBy(s => (s.Model, s.Version))
                    .Select(group => group.Aggregate(LogStatistics.Add))
                    .OrderBy(s => s.Model, StringComparer.Ordinal)
                    .ThenBy(s => s.Version)];
            }
        }
    }

    /// <summary>Paths of the segments that are written at the moment or about to be.</summary>
    public IReadOnlySet<string> OpenSegments
    {
        get
        {
            lock (_gate)
            {
                return _logs.Concat(_leaving).SelectMany(log => log.OpenSegments).ToHashSet(StringComparer.Ordinal);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The log is not open.</exception>
    public IPredictionSink? Attach(ServedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!_directory.IsOwner || !_isLogged(model.Manifest.Name))
        {
            return null;
        }

        lock (_gate)
        {
            if (!_isOpen)
            {
                throw new InvalidOperationException($"Expected the prediction log to be open when model '{model.Manifest.Name}' comes into service, but it is not.");
            }

            var log = _logs.Find(l => IsSame(l.Model, model));
            if (log is null)
            {
                if (IsRefused(model))
                {
                    return null;
                }

                var directory = PredictionLogReader.DirectoryOf(_directory.Predictions, model.Manifest.Name);
                log = new ModelLog(model, directory, _configuration, _disk, _timeProvider, _logger, _createListeners?.Invoke(model));
                _logs.Add(log);
            }

            log.Holders++;
            return new PredictionSink(log, log.AddVariant(model.Variant), Release);
        }
    }

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isOpen = true;
        }

        return Task.CompletedTask;
    }

    /// <summary>Completes when every prediction recorded before the call is on the device or counted as dropped.</summary>
    /// <param name="model">One model only, or null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The disk refused what was pending; it is counted as dropped.</exception>
    public async Task FlushAsync(string? model, CancellationToken cancellationToken)
    {
        Task[] tasks;
        lock (_gate)
        {
            tasks = [.. _logs.Where(log => model is null || log.Model.Manifest.Name == model).Select(log => log.FlushAsync(cancellationToken)), .. _closing];
        }

        await Task.WhenAll(tasks).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        Task[] tasks;
        lock (_gate)
        {
            _isOpen = false;
            tasks = [.. _logs.Select(log => log.DisposeAsync().AsTask()), .. _closing];
        }

        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync(CancellationToken.None).ConfigureAwait(false);

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth()
    {
        lock (_gate)
        {
            foreach (var log in _logs)
            {
                if (log.CheckHealth() is { Status: not HealthStatus.Healthy } result)
                {
                    return result;
                }
            }

            if (_refused.Count > 0)
            {
                return HealthCheckResult.Unhealthy(string.Join(" ", _refused.Values));
            }

            return _isOpen ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The prediction log is not open.");
        }
    }

    /// <summary>What cannot be redacted as it shall be is not logged at all. The model serves all the same.</summary>
    private bool IsRefused(ServedModel model)
    {
        if (_configuration.RedactionOf(model.Manifest.Name) is not { } redaction)
        {
            return false;
        }

        if (redaction.FindUnknown(model).ToList() is { Count: > 0 } unknown)
        {
            _logger.LogWarning(
                "Model {Model} version {Version} has no feature and no part of the key of the names {Names}, which its settings redact.",
                model.Manifest.Name,
                model.Manifest.Version,
                string.Join(", ", unknown.Select(n => $"'{n}'")));
        }

        if (redaction.FindProblem(model) is not { } problem)
        {
            return false;
        }

        _refused[(model.Manifest.Name, model.Manifest.Version)] = problem;
        _logger.LogError("{Problem}", problem);
        return true;
    }

    /// <summary>The parts of a model's key: of its newest version in service, else of its newest segment.</summary>
    private IReadOnlyList<KeyColumn>? FindKeys(string model)
    {
        lock (_gate)
        {
            if (_logs.Where(l => l.Model.Manifest.Name == model).MaxBy(l => l.Model.Manifest.Version) is { } log)
            {
                return log.Model.Keys;
            }
        }

        return new PredictionLogReader(_directory.Predictions).FindHeader(model)?.Keys;
    }

    /// <summary>The parts of the keys of a model's versions in service.</summary>
    /// <param name="model">Model name.</param>
    public IReadOnlyList<IReadOnlyList<KeyColumn>> KeysInService(string model)
    {
        lock (_gate)
        {
            return [.. _logs.Where(l => l.Model.Manifest.Name == model).Select(l => l.Model.Keys)];
        }
    }

    private void Release(ModelLog log)
    {
        lock (_gate)
        {
            if (--log.Holders == 0 && _logs.Remove(log))
            {
                _closing.RemoveAll(task => task.IsCompleted);
                _leaving.Add(log);
                _closing.Add(CloseAsync(log));
            }
        }
    }

    private async Task CloseAsync(ModelLog log)
    {
        await log.DisposeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            var counts = log.Statistics;
            var key = (counts.Model, counts.Version);
            _closed[key] = _closed.TryGetValue(key, out var before) ? LogStatistics.Add(before, counts) : counts;
            _leaving.Remove(log);
        }
    }

    private static bool IsSame(ServedModel a, ServedModel b)
        => a.Manifest.Name == b.Manifest.Name && a.Manifest.Version == b.Manifest.Version && a.Service == b.Service && a.Layout.Columns.SequenceEqual(b.Layout.Columns);
}
