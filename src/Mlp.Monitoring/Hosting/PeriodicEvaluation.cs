using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Hosting;

namespace Mlp.Monitoring.Hosting;

/// <summary>Computes the live quality of the models in service from time to time, for the metrics.</summary>
internal sealed class PeriodicEvaluation(
    PredictionLogWriter log,
    LivePerformance performance,
    DriftDetector drift,
    MonitoringMetrics metrics,
    MonitoringConfiguration configuration,
    TimeProvider timeProvider,
    ILogger<PeriodicEvaluation> logger) : IPlatformComponent, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    // Held so that the instruments live as long as the platform.
    private readonly MonitoringMetrics _metrics = metrics;
    private Task _loop = Task.CompletedTask;
    private Exception? _failure;
    private string? _toldProblem;

    public string Name => "live-quality";

    public PlatformStage Stage => PlatformStage.Monitoring;

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        if (configuration.EvaluationInterval > TimeSpan.Zero)
        {
            // Not by the token of the start: a loop that never began would be waited for at the end as one that was cancelled.
            _loop = Task.Run(RunAsync, CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await _loop.ConfigureAwait(false);
    }

    public HealthCheckResult CheckHealth()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            return HealthCheckResult.Unhealthy($"Live quality cannot be computed: {failure.Message}", failure);
        }

        return string.Join(" ", drift.Problems.Concat(performance.Problems)) is { Length: > 0 } problems ? HealthCheckResult.Degraded(problems) : HealthCheckResult.Healthy();
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(configuration.EvaluationInterval, timeProvider);
        try
        {
            // What is damaged is noticed at the start, not an interval later.
            await EvaluateAllAsync().ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                await EvaluateAllAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The platform stops.
        }
    }

    private async Task EvaluateAllAsync()
    {
        var failure = await TryAsync(() => performance.RefreshLabelsAsync(_stop.Token), null).ConfigureAwait(false);
        if (performance.LabelProblem != _toldProblem)
        {
            _toldProblem = performance.LabelProblem;
            if (_toldProblem is not null)
            {
                logger.LogWarning("{Problem}", _toldProblem);
            }
        }

        foreach (var model in log.Statistics.Select(s => s.Model).Distinct(StringComparer.Ordinal))
        {
            var other = await TryAsync(() => performance.EvaluateLatestAsync(model, _stop.Token), model).ConfigureAwait(false);
            failure ??= other;
        }

        Volatile.Write(ref _failure, failure);
    }

    private async Task<Exception?> TryAsync(Func<Task> evaluate, string? model)
    {
        try
        {
            await evaluate().ConfigureAwait(false);
            return null;
        }
#pragma warning disable CA1031 // A damaged segment must not end the watching of the other models.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            if (model is null)
            {
                logger.LogWarning(e, "Labels could not be read.");
            }
            else
            {
                logger.LogWarning(e, "Live quality of model {Model} could not be computed.", model);
            }

            return e;
        }
    }
}
