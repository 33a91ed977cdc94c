using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Runtime.Hosting;

namespace Mlp.Features.Skew;

/// <summary>Runs skew checks while the platform is open, and says how they are doing.</summary>
/// <param name="store">The feature store.</param>
/// <param name="sampler">Keeps the samples.</param>
/// <param name="options">How often.</param>
internal sealed class SkewCheckComponent(FeatureStore store, SkewSampler sampler, SkewCheckOptions options) : IPlatformComponent
{
    private SkewSchedule? _schedule;

    /// <inheritdoc/>
    public string Name => "skew-check";

    /// <summary>Behind the stores that it reads, and so closed before them.</summary>
    public PlatformStage Stage => PlatformStage.Monitoring;

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        _schedule = store.StartSkewChecks(options.Interval);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _schedule, null) is { } schedule)
        {
            await schedule.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth() => SkewHealth.Of(store.LastSkewReport, store.SkewFailure, sampler.Backlog());
}
