namespace Mlp.Runtime.Data;

/// <summary>Names and texts in DuckDB's SQL.</summary>
internal static class SqlText
{
    /// <summary>A name in quotes.</summary>
    /// <param name="name">The name.</param>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text in quotes.</summary>
    /// <param name="text">The text.</param>
    public static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
