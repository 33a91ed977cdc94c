using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Mlp.Runtime.Hosting;

/// <summary>Checks options against their attributes; each failure names the setting by its path in the configuration, its value and what is allowed.</summary>
internal static class SettingsRanges
{
    /// <summary>One sentence per setting that is out of its range, those of nested options included.</summary>
    /// <param name="path">Path of the options, for the sentences.</param>
    /// <param name="options">The options.</param>
    /// <param name="separator">What stands between a path and a name: that of the configuration, or a dot for options that code has made.</param>
    public static List<string> FindFailures(string path, object options, char separator = ':')
    {
        var failures = new List<string>();
        Add(path, options, separator, failures);
        return failures;
    }

    /// <summary>The sentence for a value out of its range.</summary>
    /// <param name="path">Path of the setting.</param>
    /// <param name="range">What is allowed.</param>
    /// <param name="value">The value.</param>
    public static string Sentence(string path, RangeAttribute range, object? value)
    {
        IsValid(range, null); // Turns limits that are texts into values.
        return (range.Minimum, range.Maximum) switch
        {
            (0, int.MaxValue) or (1, int.MaxValue) => string.Create(CultureInfo.InvariantCulture, $"{path} must be at least {range.Minimum}, but is {value}."),
            _ => string.Create(CultureInfo.InvariantCulture, $"{path} must be between {range.Minimum} and {range.Maximum}, but is {value}."),
        };
    }

    private static void Add(string path, object options, char separator, List<string> failures)
    {
        foreach (var property in SettingsSection.Properties(options.GetType()))
        {
            var value = property.GetValue(options);
            var name = $"{path}{separator}{property.Name}";
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && !IsValid(range, value))
            {
                failures.Add(Sentence(name, range, value));
            }
            else if (property.GetCustomAttribute<EnumDataTypeAttribute>() is { } choice && value is not null && !Enum.IsDefined(choice.EnumType, value))
            {
                failures.Add($"{name} must be {string.Join(" or ", Enum.GetNames(choice.EnumType))}, but is {value}.");
            }
            else if (property.GetCustomAttribute<RequiredAttribute>() is { } required && !required.IsValid(value))
            {
                failures.Add($"{name} must have a value, but is empty.");
            }
            else if (value is not null && SettingsSection.IsSection(value.GetType()) && value.GetType().Assembly.GetName().Name!.StartsWith("Mlp.", StringComparison.Ordinal))
            {
                Add(name, value, separator, failures);
            }
        }

        if (options is IValidatableObject validatable)
        {
            // A sentence that begins with the name of the setting is completed by the path.
            failures.AddRange(validatable.Validate(new ValidationContext(options))
                .Select(r => r.MemberNames.Any(m => r.ErrorMessage!.StartsWith(m, StringComparison.Ordinal)) ? $"{path}{separator}{r.ErrorMessage}" : $"{path}{separator} {r.ErrorMessage}"));
        }
    }

    /// <summary>A time span is written as the invariant culture writes it, whatever the attribute says.</summary>
    private static bool IsValid(RangeAttribute range, object? value)
    {
        range.ParseLimitsInInvariantCulture = true;
        range.ConvertValueInInvariantCulture = true;
        return range.IsValid(value);
    }
}
