using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Mlp.Runtime.Hosting;

/// <summary>Registers one health check per part of the platform, named <c>mlp-</c> and the part, with the tag <c>mlp</c>.</summary>
internal sealed class ComponentHealthChecks(IServiceProvider services) : IConfigureOptions<HealthCheckServiceOptions>
{
    public const string Tag = "mlp";

    public void Configure(HealthCheckServiceOptions options)
    {
        foreach (var component in services.GetServices<IPlatformComponent>())
        {
            options.Registrations.Add(new HealthCheckRegistration($"mlp-{component.Name}", new ComponentHealthCheck(services, component), failureStatus: null, tags: [Tag]));
        }
    }

    private sealed class ComponentHealthCheck(IServiceProvider services, IPlatformComponent component) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(services.GetRequiredService<MlPlatform>().CheckHealth(component));
    }
}
