using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Runtime.Hosting;

namespace Mlp.Features.Online;

/// <summary>Opens and closes the online store with the platform.</summary>
/// <param name="store">The feature store.</param>
internal sealed class OnlineStoreComponent(FeatureStore store) : IPlatformComponent
{
    /// <inheritdoc/>
    public string Name => store.Online.Name;

    /// <inheritdoc/>
    public PlatformStage Stage => store.Online.Stage;

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => store.Online.OpenAsync(cancellationToken);

    /// <inheritdoc/>
    public Task CloseAsync(CancellationToken cancellationToken) => store.Online.CloseAsync(cancellationToken);

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth() => store.Online.CheckHealth();
}
