using Microsoft.Extensions.DependencyInjection;

namespace Mlp.Monitoring.Hosting;

/// <summary>Says what is monitored.</summary>
/// <param name="services">The services that the platform lives in.</param>
public sealed class MonitoringBuilder(IServiceCollection services)
{
    /// <summary>Logs every prediction of the named models.</summary>
    /// <param name="models">Model names; none for all models.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder LogPredictions(params string[] models) => Configure(options => Add(options.LoggedModels, models));

    /// <summary>Compares the recent predictions of the named models with the reference profile of their version all the time, for the metrics. They are logged too.</summary>
    /// <param name="models">Model names; none for all models.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder DetectDrift(params string[] models) => Configure(options => Add(options.DriftModels, models));

    /// <summary>Changes settings in code, after the configuration section was bound.</summary>
    /// <param name="configure">Sets options.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder Configure(Action<MonitoringOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        return this;
    }

    private static void Add(IList<string> names, string[] models)
    {
        ArgumentNullException.ThrowIfNull(models);
        foreach (var model in models.Length == 0 ? [MonitoringOptions.AllModels] : models)
        {
            names.Add(model);
        }
    }
}
