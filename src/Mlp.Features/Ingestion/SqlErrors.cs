using System.Text.RegularExpressions;

namespace Mlp.Features.Ingestion;

/// <summary>What DuckDB says of SQL that failed over rows, without the values that it quotes.</summary>
internal static partial class SqlErrors
{
    /// <summary>The first line of a message; what may be a value is an ellipsis.</summary>
    /// <param name="message">What DuckDB said.</param>
    /// <param name="sql">The SQL, whose own literals are no values.</param>
    internal static string WithoutValues(string message, string sql)
    {
        var line = message.Split('\n', 2)[0];
        var (kind, detail) = line.Split(": ", 2) is [var before, var behind] ? (before, behind) : (line, string.Empty);
        if (detail.Length == 0 || sql.Contains($"'{detail}'", StringComparison.Ordinal))
        {
            return line;
        }

        // A text without quotes may be one from a row: error() says whatever it is given.
        return kind == "Invalid Input Error" && !detail.Contains('"', StringComparison.Ordinal) && !detail.Contains('\'', StringComparison.Ordinal)
            ? kind
            : $"{kind}: {Values().Replace(detail, "…")}";
    }

    [GeneratedRegex("""
        '.*'|".*"|(?<![A-Za-z0-9_])[-+]?[0-9][0-9.eE+-]*
        """)]
    private static partial Regex Values();
}
