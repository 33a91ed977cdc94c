using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Features.Skew;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Hosting;

/// <summary>Adds the feature store to the platform.</summary>
public static class MlPlatformBuilderFeaturesExtensions
{
    /// <summary>Adds views, on-demand views and services, and the <see cref="FeatureStore"/> that keeps them. Several calls add up.</summary>
    /// <param name="builder">The platform's builder.</param>
    /// <param name="configure">Adds definitions.</param>
    /// <returns>The builder.</returns>
    public static IMlPlatformBuilder AddFeatures(this IMlPlatformBuilder builder, Action<FeaturesBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        var features = services.FirstOrDefault(s => s.ServiceType == typeof(FeaturesBuilder))?.ImplementationInstance as FeaturesBuilder;
        if (features is null)
        {
            features = new FeaturesBuilder();
            services.AddSingleton(features);
        }

        configure?.Invoke(features);
        services.AddOptions<FeatureStoreOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<FeatureStoreOptions>, BindSection>());
        services.TryAddSingleton(provider => provider.GetRequiredService<FeaturesBuilder>().Build());
        services.TryAddSingleton(provider => new FeatureStore(
            provider.GetRequiredService<DataDirectory>(),
            provider.GetRequiredService<FeatureCatalog>(),
            provider.GetRequiredService<IOptions<FeatureStoreOptions>>().Value,
            provider.GetService<TimeProvider>(),
            provider.GetService<ILoggerFactory>(),
            provider.GetService<IDiskSync>() ?? DiskSync.Instance)
        {
            Skew = provider.GetService<SkewSampler>(),
        });
        if (features.SkewCheck is not null)
        {
            services.TryAddSingleton(provider => new SkewSampler(provider.GetRequiredService<FeatureCatalog>(), features.SkewCheck));
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IPredictionObserver, SkewSampler>(provider => provider.GetRequiredService<SkewSampler>()));
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, SkewCheckComponent>(
                provider => new SkewCheckComponent(provider.GetRequiredService<FeatureStore>(), provider.GetRequiredService<SkewSampler>(), features.SkewCheck)));
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, OfflineStoreComponent>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, OnlineStoreComponent>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FeatureStoreOptions>, OnlineStoreOptionsValidator>());
        services.TryAddSingleton<IFeatureSource>(provider => provider.GetRequiredService<FeatureStore>());
        return builder;
    }

    /// <summary>Binds the section where the application has a configuration; without one the defaults stand.</summary>
    private sealed class BindSection(IServiceProvider services) : IConfigureOptions<FeatureStoreOptions>
    {
        public void Configure(FeatureStoreOptions options) => SettingsSection.Bind(services, FeatureStoreOptions.SectionName, options);
    }
}
