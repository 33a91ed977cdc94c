using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Mlp.Runtime.Hosting;

/// <summary>
/// A part of the platform that opens at start and closes at stop. Register it as a singleton <see cref="IPlatformComponent"/>; the platform opens all of them in order of
/// <see cref="Stage"/>, closes them in reverse, and exposes each as a health check named <c>mlp-</c><see cref="Name"/>.
/// </summary>
public interface IPlatformComponent
{
    /// <summary>Lower-case name, for example <c>feature-store</c>.</summary>
    string Name { get; }

    /// <summary>When it opens.</summary>
    PlatformStage Stage { get; }

    /// <summary>Opens files and starts background work. Called once.</summary>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <returns>A task that completes when the part is ready.</returns>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Flushes and closes. Called once, also after a failed or missing open; must then do nothing.</summary>
    /// <param name="cancellationToken">The host's patience; flushing is still finished when it can be.</param>
    /// <returns>A task that completes when everything acknowledged is on the device.</returns>
    Task CloseAsync(CancellationToken cancellationToken);

    /// <summary>How the part is doing now. Cheap, and never throws.</summary>
    /// <returns>Healthy, Degraded or Unhealthy with a sentence.</returns>
    HealthCheckResult CheckHealth();
}
