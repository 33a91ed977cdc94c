using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Hosting;

namespace Mlp.Monitoring.Hosting;

/// <summary>Computes the live quality of the models in service from time to time, for the metrics.</summary>
internal sealed class PeriodicEvaluation(
    PredictionLogWriter log,
    LivePerformance performance,
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

    public string Name => "live-quality";

    public PlatformStage Stage => PlatformStage.Monitoring;

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        if (configuration.EvaluationInterval > TimeSpan.Zero)
        {
            _loop = Task.Run(RunAsync, cancellationToken);
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
        => Volatile.Read(ref _failure) is { } failure ? HealthCheckResult.Unhealthy($"Live quality cannot be computed: {failure.Message}", failure) : HealthCheckResult.Healthy();

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
        foreach (var model in log.Statistics.Select(s => s.Model).Distinct(StringComparer.Ordinal))
        {
            try
            {
                await performance.EvaluateAsync(model, null, null, null, _stop.Token).ConfigureAwait(false);
                Volatile.Write(ref _failure, null);
            }
#pragma warning disable CA1031 // A damaged segment must not end the watching of the other models.
            catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
            {
                logger.LogWarning(e, "Live quality of model {Model} could not be computed.", model);
                Volatile.Write(ref _failure, e);
            }
        }
    }
}
