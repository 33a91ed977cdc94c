using System.Text.Json;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>Which names are allowed: those of definitions become folders, those of columns become columns of Parquet files and SQL.</summary>
internal static class DefinitionNames
{
    /// <summary>Columns that the offline store adds to those of a view.</summary>
    internal static readonly string[] Reserved = ["event_time", "created_time", "ingest_sequence"];

    internal static string ToSnakeCase(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    internal static void CheckDefinition(string kind, string name, int version)
    {
        if (name is null)
        {
            throw new FeatureDefinitionException(string.Empty, $"Expected a name for the {kind}, but found null.");
        }

        if (PlatformName.FindProblem(name, kind) is { } problem)
        {
            throw new FeatureDefinitionException(name, problem);
        }

        if (version < 1)
        {
            throw new FeatureDefinitionException(name, $"Expected the version of the {kind} '{name}' to be 1 or more, but found {version}.");
        }
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

    /// <summary>A vector of one element would be a number under another name.</summary>
    internal static void CheckVector(string definition, string column, int length)
    {
        if (length is < 2 or > VectorLength.Maximum)
        {
            throw new FeatureDefinitionException(
                definition, FormattableString.Invariant($"Expected the vector '{column}' of '{definition}' to have a length from 2 to {VectorLength.Maximum}, but found {length}."));
        }
    }

    internal static void CheckField(string definition, FeatureField field)
    {
        CheckColumn(definition, field.Name);
        if (VectorLength.FindProblem(field.Type, field.Length) is { } problem)
        {
            throw new FeatureDefinitionException(definition, $"Expected feature '{field.Name}' of '{definition}' to have {problem}.");
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
