using System.Globalization;

namespace Mlp.Training.Search;

/// <summary>The settings of a trial. Immutable.</summary>
public sealed class TrialParameters
{
    internal TrialParameters(IReadOnlyDictionary<string, string> values) => Values = values;

    /// <summary>The settings that exist in this trial, as text, by name.</summary>
    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>Whether a setting exists in this trial.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>False for one whose condition does not hold.</returns>
    public bool Has(string name) => Values.ContainsKey(name);

    /// <summary>The settings on one line.</summary>
    /// <returns>Names and values, as <c>layers = 2, optimizer = adamw</c>, in ordinal order of the names.</returns>
    public override string ToString() => string.Join(", ", Values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key} = {v.Value}"));

    /// <summary>A number.</summary>
    /// <param name="name">Name of the setting.</param>
    /// <returns>The value.</returns>
    /// <exception cref="KeyNotFoundException">The trial has no such setting.</exception>
    public double GetDouble(string name) => double.Parse(GetText(name), CultureInfo.InvariantCulture);

    /// <summary>A whole number.</summary>
    /// <param name="name">Name of the setting.</param>
    /// <returns>The value.</returns>
    /// <exception cref="KeyNotFoundException">The trial has no such setting.</exception>
    public int GetInt(string name) => int.Parse(GetText(name), CultureInfo.InvariantCulture);

    /// <summary>A choice.</summary>
    /// <param name="name">Name of the setting.</param>
    /// <returns>The value.</returns>
    /// <exception cref="KeyNotFoundException">The trial has no such setting.</exception>
    public string GetText(string name)
        => Values.TryGetValue(name, out var value) ? value : throw new KeyNotFoundException($"Expected a setting '{name}' in the trial, but it has {string.Join(", ", Values.Keys.Select(k => $"'{k}'"))}.");
}
