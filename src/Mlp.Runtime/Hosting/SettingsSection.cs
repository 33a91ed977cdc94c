using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Mlp.Runtime.Hosting;

/// <summary>
/// Binds a configuration section to options, strictly: a key that no option has and a value that does not convert are refused at start, each by a sentence that names the
/// setting by its path in the configuration.
/// </summary>
internal static class SettingsSection
{
    /// <summary>Binds a section where the application has a configuration; without one the defaults stand.</summary>
    /// <param name="services">Hold the configuration, or none.</param>
    /// <param name="path">Path of the section.</param>
    /// <param name="options">What it is bound to.</param>
    /// <param name="subsections">Keys of the section that belong to others.</param>
    /// <exception cref="OptionsValidationException">A key is unknown or a value does not convert.</exception>
    public static void Bind(IServiceProvider services, string path, object options, params IReadOnlyCollection<string> subsections)
    {
        if (services.GetService<IConfiguration>()?.GetSection(path) is not { } section)
        {
            return;
        }

        var failures = new List<string>();
        if (!string.IsNullOrEmpty(section.Value))
        {
            failures.Add($"{path} must be a section, but is '{section.Value}'.");
        }

        CheckObject(section, path, options.GetType(), subsections, failures);
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(path, options.GetType(), failures);
        }

        section.Bind(options);
    }

    private static void CheckObject(IConfigurationSection section, string path, Type type, IReadOnlyCollection<string> subsections, List<string> failures)
    {
        var properties = Properties(type);
        foreach (var child in section.GetChildren())
        {
            var childPath = $"{path}:{child.Key}";
            if (properties.FirstOrDefault(p => string.Equals(p.Name, child.Key, StringComparison.OrdinalIgnoreCase)) is { } property)
            {
                CheckValue(child, $"{path}:{property.Name}", property.PropertyType, property.GetCustomAttribute<RangeAttribute>(), failures);
            }
            else if (!subsections.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                failures.Add($"{childPath} is no setting; {Closest(child.Key, [.. properties.Select(p => p.Name), .. subsections])}.");
            }
        }
    }

    private static void CheckValue(IConfigurationSection section, string path, Type type, RangeAttribute? range, List<string> failures)
    {
        var target = Nullable.GetUnderlyingType(type) ?? type;
        if (DictionaryValue(target) is { } value)
        {
            Check(section.GetChildren().Select(c => (c, $"{path}:{c.Key}")), value, "a section with a name per entry");
        }
        else if (ListElement(target) is { } element)
        {
            Check(section.GetChildren().Select(c => (c, $"{path}:{c.Key}")), element, "a list");
        }
        else if (IsSection(target))
        {
            if (string.IsNullOrEmpty(section.Value))
            {
                CheckObject(section, path, target, [], failures);
            }
            else
            {
                failures.Add($"{path} must be a section, but is '{section.Value}'.");
            }
        }
        else if (section.Value is null && section.GetChildren().Any())
        {
            failures.Add($"{path} must be {Kind(target)}, but is a section.");
        }
        else if (section.Value is null && target == type && type.IsValueType)
        {
            failures.Add($"{path} must be {Kind(target)}, but is null.");
        }
        else if (section.Value is { } text && !(text.Length == 0 && target != type) && !Converts(target, text))
        {
            failures.Add(
                range is not null && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) && Kind(target) == WholeNumber
                    ? SettingsRanges.Sentence(path, range, text)
                    : $"{path} must be {Kind(target)}, but is '{text}'.");
        }

        void Check(IEnumerable<(IConfigurationSection Section, string Path)> children, Type element, string what)
        {
            if (!string.IsNullOrEmpty(section.Value))
            {
                failures.Add($"{path} must be {what}, but is '{section.Value}'.");
            }

            foreach (var (child, childPath) in children)
            {
                CheckValue(child, childPath, element, null, failures);
            }
        }
    }

    private const string WholeNumber = "a whole number";

    private static string Kind(Type type) => true switch
    {
        _ when type.IsEnum => string.Join(" or ", Enum.GetNames(type)),
        _ when type == typeof(int) || type == typeof(long) || type == typeof(short) || type == typeof(byte) => WholeNumber,
        _ when type == typeof(double) || type == typeof(float) || type == typeof(decimal) => "a number",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(TimeSpan) => "a time span such as 00:00:30",
        _ => $"a {type.Name}",
    };

    /// <summary>By the converter that the binder uses.</summary>
    private static bool Converts(Type type, string text)
    {
        try
        {
            // The converter takes numbers for names of an enumeration; files say them by name, as manifests do.
            if (type.IsEnum && text.AsSpan().Trim() is [var first, ..] && (char.IsAsciiDigit(first) || first is '-' or '+'))
            {
                return false;
            }

            return type == typeof(string) || type == typeof(object) || TypeDescriptor.GetConverter(type) is { } converter && converter.CanConvertFrom(typeof(string)) && converter.ConvertFromInvariantString(text) is not null;
        }
#pragma warning disable CA1031 // Converters throw whatever they like.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    /// <summary>What the binder can set: a property with a setter, and one that holds a section, a list or a dictionary already.</summary>
    internal static List<PropertyInfo> Properties(Type type)
        => [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0 && p.GetMethod is { IsPublic: true })];

    internal static bool IsSection(Type type) => type.IsClass && type != typeof(string) && !typeof(IEnumerable).IsAssignableFrom(type) && !TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string));

    private static Type? DictionaryValue(Type type) => Argument(type, typeof(IDictionary<,>), 1) ?? Argument(type, typeof(IReadOnlyDictionary<,>), 1);

    private static Type? ListElement(Type type) => type == typeof(string) ? null : Argument(type, typeof(IEnumerable<>), 0);

    private static Type? Argument(Type type, Type definition, int index)
        => type.GetInterfaces().Prepend(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == definition)?.GetGenericArguments()[index];

    /// <summary>The known key that takes the fewest edits, where it is near enough to be meant; else all of them.</summary>
    internal static string Closest(string key, IReadOnlyList<string> known)
    {
        var best = known.Select(k => (Key: k, Edits: Edits(key.ToUpperInvariant(), k.ToUpperInvariant()))).OrderBy(k => k.Edits).ThenBy(k => k.Key, StringComparer.Ordinal).FirstOrDefault();
        return best.Key is not null && best.Edits <= Math.Max(2, key.Length / 2)
            ? $"the closest is '{best.Key}'"
            : known.Count == 0 ? "there is none" : $"known are {string.Join(", ", known.Order(StringComparer.Ordinal).Select(k => $"'{k}'"))}";
    }

    /// <summary>Levenshtein distance.</summary>
    private static int Edits(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var change = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
