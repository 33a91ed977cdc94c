using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the platform to an application.</summary>
public static class MlPlatformServiceCollectionExtensions
{
    /// <summary>
    /// Adds the platform: settings from the configuration section <c>MlPlatform</c>, validated at start; the data directory; a hosted service that opens every part in order before
    /// the application's own services start and closes them after these have stopped; and a health check per part for applications that call <c>AddHealthChecks</c>.
    /// Safe to call more than once: the calls add up.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Adds parts: features, models, monitoring, training.</param>
    /// <returns>The builder, for more parts.</returns>
    public static IMlPlatformBuilder AddMlPlatform(this IServiceCollection services, Action<IMlPlatformBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = new MlPlatformBuilder(services, isStandalone: false);
        AddCore(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, MlPlatformHostedService>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<HealthCheckServiceOptions>, ComponentHealthChecks>());
        configure?.Invoke(builder);
        return builder;
    }

    internal static void AddCore(IServiceCollection services)
    {
        services.AddOptions<MlPlatformOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<MlPlatformOptions>, BindSection>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MlPlatformOptions>, MlPlatformOptionsValidator>());
        services.TryAddSingleton(provider => MlPlatformConfiguration.From(provider.GetRequiredService<IOptions<MlPlatformOptions>>().Value));
        services.TryAddSingleton(provider =>
        {
            var configuration = provider.GetRequiredService<MlPlatformConfiguration>();
            return new DataDirectory(configuration.DataDirectory, configuration.Mode);
        });
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IDiskSync>(DiskSync.Instance);
        services.TryAddSingleton<MlPlatform>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, DataDirectoryComponent>());
        services.AddModelRegistry();
    }

    /// <summary>Binds the section where the application has a configuration; without one the defaults stand.</summary>
    private sealed class BindSection(IServiceProvider services) : IConfigureOptions<MlPlatformOptions>
    {
        public void Configure(MlPlatformOptions options) => SettingsSection.Bind(services, MlPlatformOptions.SectionName, options, "Models", "Features", "Training", "Monitoring");
    }
}
