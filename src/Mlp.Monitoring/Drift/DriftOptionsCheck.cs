using Mlp.Runtime.Hosting;

namespace Mlp.Monitoring.Drift;

/// <summary>Checks what counts as drift; each failure names the setting, its value and what is allowed.</summary>
internal static class DriftOptionsCheck
{
    /// <summary>Finds what cannot be.</summary>
    /// <param name="path">Path of the settings.</param>
    /// <param name="options">The settings.</param>
    public static IEnumerable<string> FindFailures(string path, DriftOptions options)
    {
        var failures = SettingsRanges.FindFailures(path, options);
        AddUnknown(failures, $"{path}:{nameof(options.NumericMethod)}", options.NumericMethod);
        AddUnknown(failures, $"{path}:{nameof(options.NumericBinning)}", options.NumericBinning);
        AddUnknown(failures, $"{path}:{nameof(options.CategoricalMethod)}", options.CategoricalMethod);
        AddUnknown(failures, $"{path}:{nameof(options.Correction)}", options.Correction);
        if (DriftRules.NeedsNumbers(options.CategoricalMethod))
        {
            failures.Add($"{path}:{nameof(options.CategoricalMethod)} must be a method over bins, but is {options.CategoricalMethod}, which takes numbers only.");
        }

        foreach (var (name, feature) in options.Features)
        {
            if (feature is null)
            {
                failures.Add($"{path}:{nameof(options.Features)}:{name} must be a section, but is empty.");
                continue;
            }

            failures.AddRange(SettingsRanges.FindFailures($"{path}:{nameof(options.Features)}:{name}", feature));
            AddUnknown(failures, $"{path}:{nameof(options.Features)}:{name}:{nameof(feature.Method)}", feature.Method ?? default);
            AddUnknown(failures, $"{path}:{nameof(options.Features)}:{name}:{nameof(feature.Binning)}", feature.Binning ?? default);
        }

        return failures;
    }

    private static void AddUnknown<T>(List<string> failures, string path, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            failures.Add($"{path} must be one of {string.Join(", ", Enum.GetNames<T>())}, but is {value}.");
        }
    }
}
