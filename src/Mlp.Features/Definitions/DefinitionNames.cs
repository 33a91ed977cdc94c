using System.Text.Json;

namespace Mlp.Features.Definitions;

/// <summary>Which names are allowed: those of definitions become folders, those of columns become columns of Parquet files and SQL.</summary>
internal static class DefinitionNames
{
    /// <summary>Columns that the offline store adds to those of a view.</summary>
    internal static readonly string[] Reserved = ["event_time", "created_time", "ingest_sequence"];

    private const int MaximumLength = 100;

    internal static string ToSnakeCase(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    internal static void CheckDefinition(string kind, string name, int version)
    {
        var valid = !string.IsNullOrEmpty(name)
            && name.Length <= MaximumLength
            && char.IsAsciiLetterOrDigit(name[0])
            && name[^1] != '.'
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' or '.');
        if (!valid)
        {
            throw new FeatureDefinitionException(
                name, $"Expected the name of a {kind} to be 1 to {MaximumLength} lower-case letters, digits, '_', '-' or '.', starting with a letter or digit and not ending in '.', but found '{name}'.");
        }

        if (IsDevice(name.AsSpan()))
        {
            throw new FeatureDefinitionException(name, $"Expected the name of a {kind} to be one that a folder can have on every system, but Windows keeps '{name}' for a device.");
        }

        if (version < 1)
        {
            throw new FeatureDefinitionException(name, $"Expected the version of the {kind} '{name}' to be 1 or more, but found {version}.");
        }
    }

    private static bool IsDevice(ReadOnlySpan<char> name)
    {
        // What stands behind a dot does not make it another name.
        var dot = name.IndexOf('.');
        var stem = dot < 0 ? name : name[..dot];
        return stem is "con" or "nul" or "aux" or "prn" || (stem.Length == 4 && (stem.StartsWith("com") || stem.StartsWith("lpt")) && stem[3] is >= '0' and <= '9');
    }

    internal static void CheckColumn(string definition, string column)
    {
        if (string.IsNullOrEmpty(column) || !(char.IsAsciiLetter(column[0]) || column[0] == '_') || !column.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            throw new FeatureDefinitionException(
                definition, $"Expected column names of '{definition}' to be letters, digits and '_', not starting with a digit, but found '{column}'.");
        }

        // A column '__row' or 'x__status' would collide with what a point-in-time join adds.
        if (column.Contains("__", StringComparison.Ordinal) || Reserved.Contains(column, StringComparer.OrdinalIgnoreCase))
        {
            throw new FeatureDefinitionException(
                definition,
                $"Expected '{definition}' to leave the names {string.Join(", ", Reserved.Select(r => $"'{r}'"))} and every name with '__' to the platform, but found '{column}'.");
        }
    }

    internal static void CheckUnique(string definition, IEnumerable<string> columns)
    {
        // Ignoring case, because SQL does.
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in columns)
        {
            if (!seen.Add(column))
            {
                throw new FeatureDefinitionException(definition, $"Expected the column names of '{definition}' to be unique without regard to case, but '{column}' occurs twice.");
            }
        }
    }
}
