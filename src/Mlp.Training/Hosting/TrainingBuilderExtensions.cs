using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;

namespace Mlp.Runtime.Hosting;

/// <summary>Adds training to the platform.</summary>
public static class TrainingBuilderExtensions
{
    /// <summary>The configuration section of <see cref="NetworkOptions"/>.</summary>
    public const string NetworkSection = MlPlatformOptions.SectionName + ":Training:Network";

    /// <summary>The configuration section of <see cref="GateOptions"/>.</summary>
    public const string GateSection = MlPlatformOptions.SectionName + ":Training:Gate";

    /// <summary>
    /// Registers <see cref="NetworkTrainer"/> and <see cref="ChampionGate"/> with settings from the configuration, validated at start. Nothing native is loaded before the first
    /// training. Adding twice is safe; each action is applied.
    /// </summary>
    /// <param name="builder">The platform.</param>
    /// <param name="configureNetwork">Changes the trainer's settings after the configuration.</param>
    /// <param name="configureGate">Changes the gate's settings after the configuration.</param>
    /// <returns>The platform.</returns>
    public static IMlPlatformBuilder AddTraining(
        this IMlPlatformBuilder builder, Action<NetworkOptions>? configureNetwork = null, Action<GateOptions>? configureGate = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        AddOptions<NetworkOptions, NetworkOptionsSetup>(services, configureNetwork);
        AddOptions<GateOptions, GateOptionsSetup>(services, configureGate);
        services.TryAddSingleton(provider => new NetworkTrainer(
            provider.GetRequiredService<IOptions<NetworkOptions>>().Value, provider.GetService<ILogger<NetworkTrainer>>(), provider.GetService<TimeProvider>()));
        services.TryAddSingleton(provider => new ChampionGate(
            provider.GetRequiredService<IOptions<GateOptions>>().Value, provider.GetService<ILogger<ChampionGate>>()));
        return builder;
    }

    private static void AddOptions<TOptions, TSetup>(IServiceCollection services, Action<TOptions>? configure)
        where TOptions : class
        where TSetup : class, IConfigureOptions<TOptions>, IValidateOptions<TOptions>
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<TOptions>, TSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, TSetup>());
        var options = services.AddOptions<TOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }
    }

    // The configuration is optional: the platform also runs without one.
    private sealed class NetworkOptionsSetup(IServiceProvider services) : IConfigureOptions<NetworkOptions>, IValidateOptions<NetworkOptions>
    {
        public void Configure(NetworkOptions options) => SettingsSection.Bind(services, NetworkSection, options);

        public ValidateOptionsResult Validate(string? name, NetworkOptions options) => Result(options.FindFailures(NetworkSection, ':'));
    }

    private sealed class GateOptionsSetup(IServiceProvider services) : IConfigureOptions<GateOptions>, IValidateOptions<GateOptions>
    {
        public void Configure(GateOptions options) => SettingsSection.Bind(services, GateSection, options);

        public ValidateOptionsResult Validate(string? name, GateOptions options) => Result(options.FindFailures(GateSection, ':'));
    }

    private static ValidateOptionsResult Result(List<string> failures) => failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
}
