using System.Globalization;

namespace Mlp.Features.Definitions;

/// <summary>Says in words what makes two definitions of one name and version different.</summary>
internal static class DefinitionDifferences
{
    internal static IReadOnlyList<string> Between(DefinitionDocument stored, DefinitionDocument found)
    {
        var differences = new List<string>();
        if (stored.Kind != found.Kind)
        {
            differences.Add($"stored is a {stored.Kind}, found is a {found.Kind}");
            return differences;
        }

        Compare(differences, "key", stored.Keys, found.Keys, k => k.Name, k => k.Kind.ToString());
        Compare(differences, "request field", stored.RequestFields, found.RequestFields, f => f.Name, f => f.TypeName);
        Compare(differences, "input", stored.InputFields, found.InputFields, f => f.Name, f => f.TypeName);
        Compare(differences, "field", stored.Fields, found.Fields, f => f.Name, f => f.TypeName);
        if (stored.TimeToLiveMicroseconds != found.TimeToLiveMicroseconds)
        {
            differences.Add($"time to live: stored {Span(stored.TimeToLiveMicroseconds)}, found {Span(found.TimeToLiveMicroseconds)}");
        }

        if (stored.CreatedTimeRule != found.CreatedTimeRule)
        {
            differences.Add($"created time: stored {stored.CreatedTimeRule}, found {found.CreatedTimeRule}");
        }

        Compare(differences, "view", stored.Views, found.Views, v => v.NameInService, Describe);
        Compare(differences, "column", Columns(stored), Columns(found), c => c.Column, c => c.Source);
        return differences.Count == 0 ? ["the fingerprint"] : differences;
    }

    private static string Describe(ServiceViewDocument view)
    {
        var version = $"version {view.Version.ToString(CultureInfo.InvariantCulture)} with fingerprint {view.Fingerprint[..8]}";
        return view.Alias is null ? version : $"'{view.Name}' {version} by {string.Join(", ", (view.Keys ?? []).Select(k => $"'{k.Name}' as '{k.As}'"))}";
    }

    private static List<(string Column, string Source)>? Columns(DefinitionDocument document)
        => document.Views?.SelectMany(v => v.Columns.Select(c => (c.Name, $"field '{c.Field}' of '{v.NameInService}'"))).ToList();

    private static string Span(long? microseconds)
        => microseconds is null or 0 ? "none" : TimeSpan.FromMicroseconds(microseconds.Value).ToString("c", CultureInfo.InvariantCulture);

    private static void Compare<T>(
        List<string> differences, string what, IReadOnlyList<T>? stored, IReadOnlyList<T>? found, Func<T, string> name, Func<T, string> describe)
    {
        stored ??= [];
        found ??= [];
        var foundByName = found.ToDictionary(name, StringComparer.Ordinal);
        foreach (var item in stored)
        {
            if (!foundByName.Remove(name(item), out var other))
            {
                differences.Add($"{what} '{name(item)}' is missing");
            }
            else if (describe(item) != describe(other))
            {
                differences.Add($"{what} '{name(item)}': stored {describe(item)}, found {describe(other)}");
            }
        }

        differences.AddRange(foundByName.Keys.Select(added => $"{what} '{added}' is new"));
        if (foundByName.Count == 0 && stored.Count == found.Count && !stored.Select(name).SequenceEqual(found.Select(name), StringComparer.Ordinal))
        {
            differences.Add($"the order of each {what}");
        }
    }
}
