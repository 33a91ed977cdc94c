using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Mlp.Runtime.Hosting;

namespace Mlp.Runtime.Registry;

/// <summary>Adds the model registry to the platform's services.</summary>
internal static class ModelRegistryServices
{
    /// <summary>Registers <see cref="IModelRegistry"/> in the data directory and its platform component. Adding twice is safe.</summary>
    /// <param name="services">Services that know <see cref="DataDirectory"/> and logging.</param>
    public static IServiceCollection AddModelRegistry(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IModelRegistry, FileModelRegistry>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, ModelRegistryComponent>());
        return services;
    }
}
