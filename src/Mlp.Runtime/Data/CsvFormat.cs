namespace Mlp.Runtime.Data;

/// <summary>How a CSV file is written: UTF-8, one header line, RFC 4180 quoting.</summary>
/// <param name="Delimiter">Stands between values.</param>
/// <param name="Quote">Stands around values that contain delimiters or line ends, and is doubled within them.</param>
/// <param name="NullText">The unquoted text that means null.</param>
internal sealed record CsvFormat(char Delimiter, char Quote, string NullText)
{
    /// <summary>Checks the marks by themselves.</summary>
    /// <param name="options">Name of the options that they were read from, for messages.</param>
    /// <exception cref="ArgumentException">One cannot be used.</exception>
    public void ThrowIfUnusable(string options)
    {
        CheckMark(options, nameof(Delimiter), Delimiter);
        CheckMark(options, nameof(Quote), Quote);
        if (Delimiter == Quote)
        {
            throw new ArgumentException($"Expected {options}.{nameof(Delimiter)} to be another character than {nameof(Quote)}, but both are {Named(Quote)}.");
        }

        if (NullText is null || NullText.AsSpan().IndexOfAny([Delimiter, Quote, '\r', '\n']) >= 0)
        {
            throw new ArgumentException(
                $"Expected {options}.{nameof(NullText)} to be a text without delimiter, quote and line end (empty, unless nulls are written otherwise), but found {(NullText is null ? "null" : "one with such")}.");
        }
    }

    /// <summary>What to do where a file has one column whose name has a character that usually stands between values; empty where there is nothing to say.</summary>
    /// <param name="options">Name of the options, for messages.</param>
    /// <param name="names">The columns of the file.</param>
    public string Advice(string options, IReadOnlyList<string> names)
        => names is [var only] && only.FirstOrDefault(c => c != Delimiter && c is ';' or '\t' or '|' or ',') is not '\0' and var found
            ? $" If {(found == '\t' ? "a tab" : $"'{found}'")} stands between its values, say so: {options}.{nameof(Delimiter)}."
            : string.Empty;

    private static void CheckMark(string options, string option, char mark)
    {
        if (char.IsControl(mark) && mark != '\t' || char.IsSurrogate(mark))
        {
            throw new ArgumentException($"Expected {options}.{option} to be one visible character, a space or a tab, but found {Named(mark)}.");
        }
    }

    private static string Named(char mark) => char.IsControl(mark) || char.IsSurrogate(mark) ? $"U+{(int)mark:X4}" : $"'{mark}'";
}
