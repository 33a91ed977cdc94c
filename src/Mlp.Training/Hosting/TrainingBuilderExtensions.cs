using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;
using Mlp.Training.Runs;
using Mlp.Training.Trees;

namespace Mlp.Runtime.Hosting;

/// <summary>Adds training to the platform.</summary>
public static class TrainingBuilderExtensions
{
    /// <summary>The configuration section of <see cref="NetworkOptions"/>.</summary>
    public const string NetworkSection = MlPlatformOptions.SectionName + ":Training:Network";

    /// <summary>The configuration section of <see cref="TreeOptions"/>.</summary>
    public const string TreeSection = MlPlatformOptions.SectionName + ":Training:Trees";

    /// <summary>The configuration section of <see cref="GateOptions"/>.</summary>
    public const string GateSection = MlPlatformOptions.SectionName + ":Training:Gate";

    /// <summary>The configuration section of <see cref="RunTrackerOptions"/>.</summary>
    public const string RunSection = MlPlatformOptions.SectionName + ":Training:Runs";

    /// <summary>
    /// Registers <see cref="NetworkTrainer"/>, <see cref="TreeTrainer"/>, <see cref="IRunTracker"/> and <see cref="ChampionGate"/> with settings from the configuration, validated at start, and, where the
    /// application has LightGBM, <see cref="TreeEstimator"/> for tests of the whole vector. Nothing native is loaded before the first training. Adding twice is safe; each action is
    /// applied.
    /// </summary>
    /// <param name="builder">The platform.</param>
    /// <param name="configureNetwork">Changes the trainer's settings after the configuration.</param>
    /// <param name="configureGate">Changes the gate's settings after the configuration.</param>
    /// <param name="configureTrees">Changes the settings of trees after the configuration.</param>
    /// <returns>The platform.</returns>
    public static IMlPlatformBuilder AddTraining(
        this IMlPlatformBuilder builder, Action<NetworkOptions>? configureNetwork = null, Action<GateOptions>? configureGate = null,
        Action<TreeOptions>? configureTrees = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        AddOptions<NetworkOptions, NetworkOptionsSetup>(services, configureNetwork);
        AddOptions<GateOptions, GateOptionsSetup>(services, configureGate);
        AddOptions<TreeOptions, TreeOptionsSetup>(services, configureTrees);
        AddOptions<RunTrackerOptions, RunTrackerOptionsSetup>(services, configure: null);
        services.TryAddSingleton<IRunTracker>(provider => new RunTracker(
            provider.GetRequiredService<DataDirectory>(), provider.GetRequiredService<IOptions<RunTrackerOptions>>().Value, provider.GetService<TimeProvider>(),
            provider.GetService<ILogger<RunTracker>>()));
        services.TryAddSingleton(provider => new NetworkTrainer(
            provider.GetRequiredService<IOptions<NetworkOptions>>().Value, provider.GetService<ILogger<NetworkTrainer>>(), provider.GetService<TimeProvider>()));
        services.TryAddSingleton(provider => new ChampionGate(
            provider.GetRequiredService<IOptions<GateOptions>>().Value, provider.GetService<ILogger<ChampionGate>>()));
        services.TryAddSingleton(provider => new TreeTrainer(
            provider.GetRequiredService<IOptions<TreeOptions>>().Value, provider.GetService<ILogger<TreeTrainer>>(), provider.GetService<TimeProvider>()));
        services.TryAddSingleton<IEstimator>(_ => TreeEstimator.IsAvailable ? new TreeEstimator() : new RidgeLogisticEstimator());
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

    private sealed class TreeOptionsSetup(IServiceProvider services) : IConfigureOptions<TreeOptions>, IValidateOptions<TreeOptions>
    {
        public void Configure(TreeOptions options) => SettingsSection.Bind(services, TreeSection, options);

        public ValidateOptionsResult Validate(string? name, TreeOptions options) => Result(options.FindFailures(TreeSection, ':'));
    }

    private sealed class RunTrackerOptionsSetup(IServiceProvider services) : IConfigureOptions<RunTrackerOptions>, IValidateOptions<RunTrackerOptions>
    {
        public void Configure(RunTrackerOptions options) => SettingsSection.Bind(services, RunSection, options);

        public ValidateOptionsResult Validate(string? name, RunTrackerOptions options) => Result(options.FindFailures(RunSection, ':'));
    }

    private sealed class GateOptionsSetup(IServiceProvider services) : IConfigureOptions<GateOptions>, IValidateOptions<GateOptions>
    {
        public void Configure(GateOptions options) => SettingsSection.Bind(services, GateSection, options);

        public ValidateOptionsResult Validate(string? name, GateOptions options) => Result(options.FindFailures(GateSection, ':'));
    }

    private static ValidateOptionsResult Result(List<string> failures) => failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
}
