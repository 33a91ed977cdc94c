using Microsoft.Extensions.DependencyInjection;
using Mlp.Monitoring.Alerts;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Sampling;
using Mlp.Runtime.Statistics;

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

    /// <summary>Compares the recent predictions of a model with the reference profile of its version all the time, by tests of one's own choice.</summary>
    /// <param name="model">Model name; <see cref="MonitoringOptions.AllModels"/> for those that are not named.</param>
    /// <param name="configure">Says what counts as drift, for the model and for single features.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder DetectDrift(string model, Action<DriftOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(configure);
        return Configure(options =>
        {
            Add(options.DriftModels, [model]);
            configure(options.Drift.TryGetValue(model, out var known) ? known : options.Drift[model] = new DriftOptions());
        });
    }

    /// <summary>Takes another classifier than logistic regression for the test of the whole vector, for example trees.</summary>
    /// <param name="estimator">The classifier.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder UseDriftEstimator(IEstimator estimator)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        services.AddSingleton(estimator);
        return this;
    }

    /// <summary>Keeps profiles of the predictions of the named models, hour by hour and on disk, for comparison with each other and with the reference. They are logged too.</summary>
    /// <param name="models">Model names; none for all models.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder ProfilePredictions(params string[] models) => Configure(options => Add(options.ProfiledModels, models));

    /// <summary>Writes down only some of the predictions of a model. Sketches and the live window of drift see all of them.</summary>
    /// <param name="model">Model name; <see cref="MonitoringOptions.AllModels"/> for those that are not named.</param>
    /// <param name="configure">Says which.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder SamplePredictions(string model, Action<SamplingOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(configure);
        return Configure(options => configure(options.Sampling.TryGetValue(model, out var known) ? known : options.Sampling[model] = new SamplingOptions()));
    }

    /// <summary>Says which features and parts of the key of a model are personal data, and what is logged in their place.</summary>
    /// <param name="model">Model name; <see cref="MonitoringOptions.AllModels"/> for those that are not named.</param>
    /// <param name="configure">Says so.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder RedactColumns(string model, Action<RedactionOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(configure);
        return Configure(options => configure(options.Redaction.TryGetValue(model, out var known) ? known : options.Redaction[model] = new RedactionOptions()));
    }

    /// <summary>Makes a finding where a figure of live quality leaves its range.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="figure">Name of the figure, for example <c>performance.auc</c>.</param>
    /// <param name="lower">Least value that is ordinary; null for none.</param>
    /// <param name="upper">Greatest value that is ordinary; null for none.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder ExpectPerformance(string model, string figure, double? lower = null, double? upper = null)
        => Configure(options => options.PerformanceThresholds.Add(new PerformanceThreshold { Model = model, Figure = figure, Lower = lower, Upper = upper }));

    /// <summary>
    /// Evaluates the last matured window of a model exactly, at every evaluation, for figures by variant and slice, of several classes and of ranking. It reads the model's whole log each time: choose the
    /// evaluation interval by its size.
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="configure">Window, maturity, variants and slices.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder WatchQuality(string model, Action<EvaluationOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new EvaluationOptions { Bootstrap = false };
        configure(options);
        options.Validate();
        services.AddSingleton(new QualityWatch(model, options));
        return this;
    }

    /// <summary>Turns sealed segments of the prediction log into Parquet files. The application brings DuckDB's native library (package <c>DuckDB.NET.Data.Full</c>).</summary>
    /// <returns>The builder.</returns>
    public MonitoringBuilder CompactPredictions() => Configure(options => options.CompactSegments = true);

    /// <summary>Deletes logged predictions that are too old or too much.</summary>
    /// <param name="maximumAge">Age, or null for any.</param>
    /// <param name="maximumByteCount">Bytes of each model, or null for any.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder KeepPredictions(TimeSpan? maximumAge = null, long? maximumByteCount = null)
        => Configure(options => (options.RetentionAge, options.RetentionByteCount) = (maximumAge, maximumByteCount));

    /// <summary>Deletes files of profiles that are too old.</summary>
    /// <param name="maximumAge">How long ago their time ended at most, 1 hour to 100 years.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder KeepProfiles(TimeSpan maximumAge) => Configure(options => options.ProfileRetentionAge = maximumAge);

    /// <summary>Changes settings in code, after the configuration section was bound.</summary>
    /// <param name="configure">Sets options.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder Configure(Action<MonitoringOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        return this;
    }

    /// <summary>Adds an alert rule, or changes the one of that name that the configuration section has.</summary>
    /// <param name="name">Name of the rule: letters, digits, '-', '_' and '.', at most 100.</param>
    /// <param name="configure">Sets what is watched.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder AddAlert(string name, Action<AlertRuleOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configure);
        return AddAlerts(options => configure(Find(options.Rules, name)));
    }

    /// <summary>Posts every alert to an address.</summary>
    /// <param name="name">Name of the webhook: letters, digits, '-', '_' and '.', at most 100.</param>
    /// <param name="configure">Sets address, secret and retries.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder AddWebhook(string name, Action<WebhookOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configure);
        return AddAlerts(options => configure(Find(options.Webhooks, name)));
    }

    /// <summary>Changes the settings of alerts in code, after the configuration section was bound.</summary>
    /// <param name="configure">Sets options.</param>
    /// <returns>The builder.</returns>
    public MonitoringBuilder AddAlerts(Action<AlertOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        return this;
    }

    private static T Find<T>(IDictionary<string, T> named, string name)
        where T : new()
    {
        if (!named.TryGetValue(name, out var found))
        {
            found = new T();
            named.Add(name, found);
        }

        return found;
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
