using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Hosting;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Alerts;

/// <summary>Registers alerts.</summary>
internal static class AlertServices
{
    public static void Add(IServiceCollection services)
    {
        services.AddOptions<AlertOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<AlertOptions>, BindSection>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AlertOptions>, AlertOptionsValidator>());
        services.TryAddSingleton(s => AlertConfiguration.From(s.GetRequiredService<IOptions<AlertOptions>>().Value));
        services.TryAddSingleton<AlertMetrics>();
        services.TryAddSingleton<AlertFeed>();
        services.TryAddSingleton(s => new AlertWatch(
            s.GetRequiredService<DataDirectory>(),
            s.GetRequiredService<AlertConfiguration>(),
            s.GetServices<IFigureSource>(),
            s.GetService<IModelRegistry>(),
            s.GetRequiredService<AlertFeed>(),
            s.GetRequiredService<AlertMetrics>(),
            s.GetService<IDiskSync>() ?? DiskSync.Instance,
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<AlertWatch>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, AlertWatch>(s => s.GetRequiredService<AlertWatch>()));
    }

    /// <summary>Binds the section where the application has a configuration; without one the defaults stand.</summary>
    private sealed class BindSection(IServiceProvider services) : IConfigureOptions<AlertOptions>
    {
        public void Configure(AlertOptions options) => SettingsSection.Bind(services, AlertOptions.SectionName, options);
    }
}
