using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Mlp.Training;

/// <summary>Checks options against their <see cref="RangeAttribute"/>s and says property, range and value.</summary>
internal static class OptionRanges
{
    /// <summary>The sentence for the first property outside its range, or null.</summary>
    public static string? FindViolation(object options)
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var value = property.GetValue(options);
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(value))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"Expected {options.GetType().Name}.{property.Name} between {range.Minimum} and {range.Maximum}, but found {value}.");
            }
        }

        return null;
    }

    /// <summary>Throws for the first property outside its range.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    public static void ThrowIfViolated(object options)
    {
        if (FindViolation(options) is { } sentence)
        {
            throw new ArgumentException(sentence, nameof(options));
        }
    }
}
