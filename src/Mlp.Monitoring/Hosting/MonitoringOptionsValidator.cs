using System.Globalization;
using Microsoft.Extensions.Options;
using Mlp.Monitoring.Drift;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;

namespace Mlp.Monitoring.Hosting;

/// <summary>Checks the settings at start; each failure names the setting, its value and what is allowed.</summary>
internal sealed class MonitoringOptionsValidator(IEnumerable<ModelDeclaration> declarations, IEnumerable<ModelPatternDeclaration> patterns) : IValidateOptions<MonitoringOptions>
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
        failures.AddRange(options.PerformanceThresholds.Where(t => t.Lower is null == t.Upper is null && !(t.Lower < t.Upper)).Select(t =>
            string.Create(CultureInfo.InvariantCulture, $"{MonitoringOptions.SectionName}:{nameof(options.PerformanceThresholds)} must have a lower end, an upper end, or a lower below an upper one, but '{t.Figure}' of model '{t.Model}' has {Shown(t.Lower)} and {Shown(t.Upper)}.")));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static string Shown(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "none";

    private void AddBadNames(List<string> failures, string property, IEnumerable<string> names)
    {
        var declared = declarations.Select(d => d.Name).Concat(patterns.Select(p => p.Pattern)).Distinct(StringComparer.Ordinal).ToList();
        foreach (var name in names.Where(n => n != MonitoringOptions.AllModels).Distinct(StringComparer.Ordinal))
        {
            var setting = $"{MonitoringOptions.SectionName}:{property}";
            if (name is null || !PlatformName.IsValid(name))
            {
                failures.Add($"{setting} must hold model names or '{MonitoringOptions.AllModels}', but holds '{name}'.");
            }
            else if (!declared.Contains(name, StringComparer.Ordinal) && !patterns.Any(p => p.Matches(name)))
            {
                // Without this a mistyped name would log nothing, and nobody would hear of it.
                var known = declared.Count == 0 ? "none" : string.Join(", ", declared.Select(d => $"'{d}'"));
                failures.Add($"{setting} must hold names of models that the application has declared by AddModel, but holds '{name}'; declared are: {known}.");
            }
        }
    }
}
