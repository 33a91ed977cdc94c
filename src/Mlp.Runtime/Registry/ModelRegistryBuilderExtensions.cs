using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Mlp.Runtime.Hosting;

namespace Mlp.Runtime.Registry;

/// <summary>Adds the model registry to the platform.</summary>
internal static class ModelRegistryBuilderExtensions
{
    /// <summary>Registers <see cref="IModelRegistry"/> in the data directory and its platform component. Adding twice is safe.</summary>
    /// <param name="builder">The platform's builder; <see cref="DataDirectory"/> and logging are registered by the platform.</param>
    public static IMlPlatformBuilder AddModelRegistry(this IMlPlatformBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<IModelRegistry, FileModelRegistry>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, ModelRegistryComponent>());
        return builder;
    }
}
