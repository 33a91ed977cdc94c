using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>Adds the model registry to the platform's services.</summary>
internal static class ModelRegistryServices
{
    /// <summary>Registers <see cref="IModelRegistry"/> in the data directory and its platform component. Adding twice is safe.</summary>
    /// <param name="services">Services that know <see cref="DataDirectory"/> and logging.</param>
    public static IServiceCollection AddModelRegistry(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IModelRegistry>(s => new FileModelRegistry(
            s.GetRequiredService<DataDirectory>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<FileModelRegistry>>(), Disk(s), () => Features(s)));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, ModelRegistryComponent>(s => new ModelRegistryComponent(
            s.GetRequiredService<DataDirectory>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<ModelRegistryComponent>>(), Disk(s))));
        return services;
    }

    private static IFeatureSource? Features(IServiceProvider services)
    {
        try
        {
            return services.GetService<IFeatureSource>();
        }
        catch (ObjectDisposedException)
        {
            // The registry outlives its platform.
            return null;
        }
    }

    private static IDiskSync Disk(IServiceProvider services) => services.GetService<IDiskSync>() ?? DiskSync.Instance;
}
