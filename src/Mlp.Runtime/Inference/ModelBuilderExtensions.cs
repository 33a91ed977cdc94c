using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Hosting;

/// <summary>Adds models to the platform.</summary>
public static class ModelBuilderExtensions
{
    /// <summary>
    /// Serves a model of the registry in this process. Settings come from the configuration section <c>MlPlatform:Models:name</c> where there is one, then from
    /// <paramref name="configure"/>. Adding the same model twice applies both settings, in order.
    /// </summary>
    /// <param name="builder">The platform's builder.</param>
    /// <param name="name">Model name in the registry.</param>
    /// <param name="configure">Settings; null for the version that alias <c>champion</c> points at.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name is none: 1 to 100 lower-case letters a to z, digits, '-', '_' and '.', a letter or digit first.</exception>
    public static IMlPlatformBuilder AddModel(this IMlPlatformBuilder builder, string name, Action<ModelOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PlatformName.Require(name, "model", nameof(name));
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ModelCatalog>();
        services.TryAddSingleton<IModelCatalog>(s => s.GetRequiredService<ModelCatalog>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, ModelCatalog>(s => s.GetRequiredService<ModelCatalog>()));

        var options = services.AddOptions<ModelOptions>(name);
        var declaration = new ModelDeclaration(name);
        if (!services.Any(s => declaration.Equals(s.ImplementationInstance)))
        {
            services.AddSingleton(declaration);
            options
                .Configure<IServiceProvider>((o, s) => SettingsSection.Bind(s, $"{ModelOptions.SectionName}:{name}", o))
                .ValidateOnStart();
            services.AddSingleton<IValidateOptions<ModelOptions>>(new SettingsValidator<ModelOptions>(name, $"{ModelOptions.SectionName}:{name}"));
        }

        if (configure is not null)
        {
            options.Configure(configure);
        }

        return builder;
    }
}
