using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Accelerators;
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
        var declaration = new ModelDeclaration(name);
        Add(builder, declaration, name, static options => options, configure);
        return builder;
    }

    /// <summary>
    /// Serves whichever models of the registry match a pattern, for example one per tenant: each when it is first called, also those that are published while the application runs. A model that
    /// <see cref="AddModel"/> adds has its own settings. Settings come from the configuration section <c>MlPlatform:Models:pattern</c> where there is one, then from <paramref name="configure"/>.
    /// </summary>
    /// <param name="builder">The platform's builder.</param>
    /// <param name="pattern">A model name in which <c>*</c> stands for any characters, for example <c>tenant-*</c>.</param>
    /// <param name="configure">Settings of each of the models; null for the version that alias <c>champion</c> points at.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The pattern is no model name with a <c>*</c> in it.</exception>
    public static IMlPlatformBuilder AddModels(this IMlPlatformBuilder builder, string pattern, Action<ModelOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(pattern);
        if (!pattern.Contains('*', StringComparison.Ordinal) || !PlatformName.IsValid(pattern.Replace('*', '0')))
        {
            throw new ArgumentException($"Expected a model name in which '*' stands for any characters, but found '{pattern}'.", nameof(pattern));
        }

        Add(
            builder,
            new ModelPatternDeclaration(pattern),
            pattern,
            options => options
                .Configure(static o => o.Loading = ModelLoading.OnFirstCall)
                .Validate(
                    static o => o.Loading == ModelLoading.OnFirstCall,
                    $"Expected models that match '{pattern}' to be loaded on first call, because nobody knows which there will be, but found {nameof(ModelOptions.Loading)} {nameof(ModelLoading.AtStart)}."),
            configure);
        return builder;
    }

    /// <summary>Keeps at most so many models in memory that are loaded on first call; the one that has not been called longest makes room for another.</summary>
    /// <param name="builder">The platform's builder.</param>
    /// <param name="maximum">Greatest number, from 1.</param>
    /// <returns>The same builder.</returns>
    public static IMlPlatformBuilder LimitLoadedModels(this IMlPlatformBuilder builder, int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, 1);
        return builder.Configure(options => options.MaximumLoadedModels = maximum);
    }

    private static void Add<TDeclaration>(
        IMlPlatformBuilder builder, TDeclaration declaration, string name, Func<OptionsBuilder<ModelOptions>, OptionsBuilder<ModelOptions>> prepare, Action<ModelOptions>? configure)
        where TDeclaration : class
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ModelCatalog>();
        services.TryAddSingleton<IModelCatalog>(s => s.GetRequiredService<ModelCatalog>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, ModelCatalog>(s => s.GetRequiredService<ModelCatalog>()));

        var options = services.AddOptions<ModelOptions>(name);
        if (!services.Any(s => declaration.Equals(s.ImplementationInstance)))
        {
            services.AddSingleton(declaration);
            prepare(options)
                .Configure<IServiceProvider>((o, s) => SettingsSection.Bind(s, $"{ModelOptions.SectionName}:{name}", o))
                .PostConfigure<IServiceProvider>(KeepEngines)
                .ValidateOnStart();
            services.AddSingleton<IValidateOptions<ModelOptions>>(new SettingsValidator<ModelOptions>(name, $"{ModelOptions.SectionName}:{name}"));
        }

        if (configure is not null)
        {
            options.Configure(configure);
        }
    }

    /// <summary>TensorRT takes seconds to minutes to build its engines, so they are kept with the platform's files, unless the application says where.</summary>
    private static void KeepEngines(ModelOptions options, IServiceProvider services)
    {
        if (options.Accelerator == Accelerator.TensorRt && services.GetService<DataDirectory>() is { } directory)
        {
            options.AcceleratorOptions.ProviderOptions.TryAdd(AcceleratorSettings.EngineCachePath, Path.Combine(directory.Root, "cache", "tensorrt"));
        }
    }
}
