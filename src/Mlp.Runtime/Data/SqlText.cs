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

    /// <summary>A file's name in quotes, for functions that read files: those take a name for a pattern.</summary>
    /// <param name="path">Full path.</param>
    /// <exception cref="ArgumentException">No pattern means this file alone.</exception>
    public static string File(string path) => Text(FilePattern(path));

    /// <summary>The pattern that means one file and no other; most names are theirs.</summary>
    /// <inheritdoc cref="File"/>
    public static string FilePattern(string path)
    {
        if (!path.AsSpan().ContainsAny('[', '*', '?'))
        {
            return path;
        }

        // Within a pattern DuckDB takes the backslash for the end of a folder's name on every system.
        return path.Contains('\\', StringComparison.Ordinal) && Path.DirectorySeparatorChar != '\\'
            ? throw new ArgumentException($"Expected a path without '\\' beside '*', '?' and '[', which DuckDB cannot tell from a folder, but found '{path}'. Rename the file.")
            : path.Replace("[", "[[]", StringComparison.Ordinal).Replace("*", "[*]", StringComparison.Ordinal).Replace("?", "[?]", StringComparison.Ordinal);
    }
}
