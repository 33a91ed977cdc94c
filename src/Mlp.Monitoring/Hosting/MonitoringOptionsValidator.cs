using System.Globalization;
using Microsoft.Extensions.Options;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;

namespace Mlp.Monitoring.Hosting;

/// <summary>Checks the settings at start; each failure names the setting, its value and what is allowed.</summary>
internal sealed class MonitoringOptionsValidator(IEnumerable<ModelDeclaration> declarations, IEnumerable<ModelPatternDeclaration> patterns, IEnumerable<QualityWatch> watches)
    : IValidateOptions<MonitoringOptions>
{
    public ValidateOptionsResult Validate(string? name, MonitoringOptions options)
    {
        var failures = SettingsRanges.FindFailures(MonitoringOptions.SectionName, options);
        AddBadNames(failures, nameof(options.LoggedModels), options.LoggedModels);
        AddBadNames(failures, nameof(options.DriftModels), options.DriftModels);
        AddBadNames(failures, nameof(options.ProfiledModels), options.ProfiledModels);
        if (options.ProfilePane > TimeSpan.Zero && (options.ProfilePane.Ticks % TimeSpan.TicksPerSecond != 0 || TimeSpan.TicksPerDay % options.ProfilePane.Ticks != 0))
        {
            failures.Add($"{MonitoringOptions.SectionName}:{nameof(options.ProfilePane)} must be a whole number of seconds that divides a day, but is {options.ProfilePane}.");
        }

        AddBadNames(failures, nameof(options.Sampling), options.Sampling.Keys);
        AddBadNames(failures, nameof(options.Redaction), options.Redaction.Keys);
        foreach (var (model, sampling) in options.Sampling)
        {
            failures.AddRange(SettingsRanges.FindFailures($"{MonitoringOptions.SectionName}:{nameof(options.Sampling)}:{model}", sampling));
        }

        foreach (var (model, redaction) in options.Redaction)
        {
            failures.AddRange(SettingsRanges.FindFailures($"{MonitoringOptions.SectionName}:{nameof(options.Redaction)}:{model}", redaction));
        }

        AddBadNames(failures, nameof(options.Drift), options.Drift.Keys);
        foreach (var (model, drift) in options.Drift)
        {
            failures.AddRange(DriftOptionsCheck.FindFailures($"{MonitoringOptions.SectionName}:{nameof(options.Drift)}:{model}", drift));
        }

        AddBadNames(failures, nameof(options.PerformanceThresholds), options.PerformanceThresholds.Select(t => t.Model));
        AddBadNames(failures, nameof(MonitoringBuilder.WatchQuality), watches.Select(w => w.Model), takesAll: false);
        AddNotLogged(failures, options, nameof(options.Sampling), options.Sampling.Keys);
        AddNotLogged(failures, options, nameof(options.PerformanceThresholds), options.PerformanceThresholds.Select(t => t.Model));
        AddNotLogged(failures, options, nameof(MonitoringBuilder.WatchQuality), watches.Select(w => w.Model));
        failures.AddRange(options.PerformanceThresholds.Select(t => t.Figure).Where(f => !KnownFigures.OfQuality.Contains(f)).Distinct(StringComparer.Ordinal).Select(f =>
            $"{MonitoringOptions.SectionName}:{nameof(options.PerformanceThresholds)} must hold names of figures of quality, but holds '{f}'; {SettingsSection.Closest(f ?? string.Empty, KnownFigures.OfQuality)}."));
        failures.AddRange(options.PerformanceThresholds.Where(t => t.Lower is null == t.Upper is null && !(t.Lower < t.Upper)).Select(t =>
            string.Create(CultureInfo.InvariantCulture, $"{MonitoringOptions.SectionName}:{nameof(options.PerformanceThresholds)} must have a lower end, an upper end, or a lower below an upper one, but '{t.Figure}' of model '{t.Model}' has {Shown(t.Lower)} and {Shown(t.Upper)}.")));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static string Shown(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "none";

    /// <summary>Settings of a model of which nothing is logged would have no effect, and nobody would hear of it.</summary>
    private void AddNotLogged(List<string> failures, MonitoringOptions options, string property, IEnumerable<string> names)
    {
        var models = new MonitoredModels(options);
        failures.AddRange(names.Where(n => n is not null && n != MonitoringOptions.AllModels && IsDeclared(n) && !models.IsLogged(n)).Distinct(StringComparer.Ordinal).Select(n =>
            $"{MonitoringOptions.SectionName}:{property} must hold names of models whose predictions are logged, but '{n}' is none: call {nameof(MonitoringBuilder.LogPredictions)}."));
    }

    private bool IsDeclared(string name) => declarations.Any(d => d.Name == name) || patterns.Any(p => p.Pattern == name || p.Matches(name));

    private void AddBadNames(List<string> failures, string property, IEnumerable<string> names, bool takesAll = true)
    {
        var declared = declarations.Select(d => d.Name).Concat(patterns.Select(p => p.Pattern)).Distinct(StringComparer.Ordinal).ToList();
        foreach (var name in names.Where(n => !takesAll || n != MonitoringOptions.AllModels).Distinct(StringComparer.Ordinal))
        {
            var setting = $"{MonitoringOptions.SectionName}:{property}";
            if (name is null || !PlatformName.IsValid(name))
            {
                failures.Add($"{setting} must hold model names{(takesAll ? $" or '{MonitoringOptions.AllModels}'" : string.Empty)}, but holds '{name}'.");
            }
            else if (!IsDeclared(name))
            {
                // Without this a mistyped name would log nothing, and nobody would hear of it.
                var known = declared.Count == 0 ? "none" : string.Join(", ", declared.Select(d => $"'{d}'"));
                failures.Add($"{setting} must hold names of models that the application has declared by AddModel, but holds '{name}'; declared are: {known}.");
            }
        }
    }
}
