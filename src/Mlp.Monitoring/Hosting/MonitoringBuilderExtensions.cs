using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Monitoring.Alerts;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Profiles;
using Mlp.Monitoring.Queries;
using Mlp.Monitoring.Reports;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Hosting;

/// <summary>Adds monitoring to the platform.</summary>
public static class MonitoringBuilderExtensions
{
    extension(MlPlatform platform)
    {
        /// <summary>Labels, logged predictions, live quality and drift.</summary>
        /// <exception cref="InvalidOperationException">The application did not call <see cref="AddMonitoring"/>.</exception>
        public ModelMonitor Monitoring => platform.FindPart<ModelMonitor>()
            ?? throw new InvalidOperationException($"Expected monitoring to be part of the platform, but it was not added: call {nameof(AddMonitoring)} on the builder.");
    }

    /// <summary>
    /// Adds the prediction log, labels, live quality and drift. Settings come from the configuration section <c>MlPlatform:Monitoring</c>, then from <paramref name="configure"/>.
    /// Safe to call more than once: the calls add up.
    /// </summary>
    /// <param name="builder">The platform's builder.</param>
    /// <param name="configure">Says what is monitored.</param>
    /// <returns>The builder.</returns>
    public static IMlPlatformBuilder AddMonitoring(this IMlPlatformBuilder builder, Action<MonitoringBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddOptions<MonitoringOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<MonitoringOptions>, BindSection>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MonitoringOptions>, MonitoringOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(s => MonitoringConfiguration.From(s.GetRequiredService<IOptions<MonitoringOptions>>().Value));
        services.TryAddSingleton(CreateLabels);
        services.TryAddSingleton(CreateDetector);
        services.TryAddSingleton(CreateProfiles);
        services.TryAddSingleton(CreateLog);
        services.TryAddSingleton(s => new PredictionLogReader(s.GetRequiredService<DataDirectory>().Predictions, DuckDb(s)));
        services.TryAddSingleton(CreateMaintenance);
        services.TryAddSingleton(s => new PredictionExport(s.GetRequiredService<PredictionLogReader>(), Disk(s)));
        services.TryAddSingleton(CreatePerformance);
        services.TryAddSingleton<MonitoringMetrics>();
        services.TryAddSingleton<PeriodicEvaluation>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IFigureSource, LogFigures>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IFigureSource, DriftDetector>(s => s.GetRequiredService<DriftDetector>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IFigureSource, LivePerformance>(s => s.GetRequiredService<LivePerformance>()));
        services.TryAddSingleton<ReportBuilder>();
        services.TryAddSingleton(s => new ModelMonitor(
            s.GetRequiredService<PredictionLogWriter>(),
            s.GetRequiredService<PredictionLogReader>(),
            s.GetRequiredService<PredictionExport>(),
            s.GetRequiredService<LogMaintenance>(),
            s.GetRequiredService<LabelStore>(),
            s.GetRequiredService<LivePerformance>(),
            s.GetRequiredService<DriftDetector>(),
            s.GetRequiredService<AlertWatch>(),
            s.GetRequiredService<AlertFeed>(),
            s.GetRequiredService<ReportBuilder>(),
            s.GetRequiredService<ProfileStore>(),
            s.GetServices<ModelDeclaration>(),
            s.GetServices<ModelPatternDeclaration>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPredictionObserver, PredictionLogWriter>(s => s.GetRequiredService<PredictionLogWriter>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, PredictionLogWriter>(s => s.GetRequiredService<PredictionLogWriter>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, LogMaintenance>(s => s.GetRequiredService<LogMaintenance>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, LabelStore>(s => s.GetRequiredService<LabelStore>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPlatformComponent, PeriodicEvaluation>(s => s.GetRequiredService<PeriodicEvaluation>()));
        AlertServices.Add(services);
        configure?.Invoke(new MonitoringBuilder(services));
        return builder;
    }

    private static LabelStore CreateLabels(IServiceProvider services)
        => new(services.GetRequiredService<DataDirectory>(), Disk(services), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<LabelStore>>());

    private static LivePerformance CreatePerformance(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<MonitoringOptions>>().Value;
        return new LivePerformance(
            services.GetRequiredService<DataDirectory>(),
            services.GetRequiredService<LabelStore>(),
            options.MaximumJoinedPredictions,
            services.GetRequiredService<TimeProvider>(),
            new LiveQualityConfiguration(options.PerformanceWindow, options.PerformanceMaturity, [.. options.PerformanceThresholds], [.. services.GetServices<QualityWatch>()])
            {
                Sampling = services.GetRequiredService<MonitoringConfiguration>().Log.Sampling,
            },
            services.GetService<IModelRegistry>(),
            DuckDb(services));
    }

    private static DriftDetector CreateDetector(IServiceProvider services) => new(
        services.GetRequiredService<DataDirectory>(),
        services.GetService<IModelRegistry>(),
        services.GetRequiredService<MonitoringConfiguration>().Drift,
        services.GetRequiredService<TimeProvider>(),
        services.GetService<IEstimator>(),
        DuckDb(services));

    private static ProfileStore CreateProfiles(IServiceProvider services) => new(
        services.GetRequiredService<DataDirectory>(),
        services.GetRequiredService<MonitoringConfiguration>().Profiles,
        Disk(services),
        services.GetRequiredService<TimeProvider>(),
        services.GetRequiredService<ILogger<ProfileStore>>());

    private static PredictionLogWriter CreateLog(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<MonitoringConfiguration>();
        var detector = services.GetRequiredService<DriftDetector>();
        var profiles = services.GetRequiredService<ProfileStore>();
        return new PredictionLogWriter(
            services.GetRequiredService<DataDirectory>(),
            configuration.Log,
            configuration.IsLogged,
            Disk(services),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<PredictionLogWriter>>(),
            model =>
            [
                .. configuration.WatchesDrift(model.Manifest.Name) ? [detector.Watch(model)] : Array.Empty<IPredictionBatchListener>(),
                .. configuration.IsProfiled(model.Manifest.Name) ? [profiles.Watch(model, detector.FindProfileAsync(model.Manifest, CancellationToken.None))] : Array.Empty<IPredictionBatchListener>(),
            ]);
    }

    private static LogMaintenance CreateMaintenance(IServiceProvider services) => new(
        services.GetRequiredService<DataDirectory>(),
        services.GetRequiredService<PredictionLogWriter>(),
        services.GetRequiredService<MonitoringConfiguration>().Maintenance,
        DuckDb(services),
        Disk(services),
        services.GetRequiredService<TimeProvider>(),
        services.GetRequiredService<ILogger<LogMaintenance>>());

    private static DuckDbSettings DuckDb(IServiceProvider services)
        => PredictionLogReader.DuckDbOf(
            PredictionLogReader.WorkFolderOf(services.GetRequiredService<DataDirectory>()), services.GetRequiredService<MonitoringConfiguration>().QueryMemoryLimitBytes);

    private static IDiskSync Disk(IServiceProvider services) => services.GetService<IDiskSync>() ?? DiskSync.Instance;

    /// <summary>Binds the section where the application has a configuration; without one the defaults stand.</summary>
    private sealed class BindSection(IServiceProvider services) : IConfigureOptions<MonitoringOptions>
    {
        public void Configure(MonitoringOptions options) => SettingsSection.Bind(services, MonitoringOptions.SectionName, options, AlertOptions.SectionKey);
    }
}
