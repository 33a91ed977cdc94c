using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Hosting;

/// <summary>Checks the settings at start; each failure names the setting, its value and what is allowed.</summary>
internal sealed class MonitoringOptionsValidator : IValidateOptions<MonitoringOptions>
{
    public ValidateOptionsResult Validate(string? name, MonitoringOptions options)
    {
        var failures = new List<string>();
        foreach (var property in typeof(MonitoringOptions).GetProperties())
        {
            if (property.GetCustomAttribute<RangeAttribute>() is { } range)
            {
                range.ParseLimitsInInvariantCulture = true;
                range.ConvertValueInInvariantCulture = true;
                var value = property.GetValue(options);
                if (!range.IsValid(value))
                {
                    failures.Add(string.Create(
                        CultureInfo.InvariantCulture, $"{Setting(property.Name)} must be between {range.Minimum} and {range.Maximum}, but is {value}."));
                }
            }
        }

        AddBadNames(failures, nameof(options.LoggedModels), options.LoggedModels);
        AddBadNames(failures, nameof(options.DriftModels), options.DriftModels);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void AddBadNames(List<string> failures, string property, IEnumerable<string> names)
        => failures.AddRange(names
            .Where(n => n != MonitoringOptions.AllModels && (n is null || !PlatformName.IsValid(n)))
            .Select(n => $"{Setting(property)} must hold model names or '{MonitoringOptions.AllModels}', but holds '{n}'."));

    private static string Setting(string property) => $"{MonitoringOptions.SectionName}:{property}";
}
