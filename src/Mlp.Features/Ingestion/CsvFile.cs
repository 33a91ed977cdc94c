using System.Globalization;
using System.Text.RegularExpressions;
using Mlp.Features.Interop;

namespace Mlp.Features.Ingestion;

/// <summary>A CSV file as DuckDB reads it: every column as text, nothing guessed.</summary>
internal static partial class CsvFile
{
    /// <summary>SQL of the relation.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="options">Delimiter, quote and null text.</param>
    /// <exception cref="IngestException">The file has another encoding, or no header line with names that differ.</exception>
    internal static string Relation(string path, CsvIngestOptions options)
    {
        CheckEncoding(path);
        var columns = string.Join(", ", CsvHeader.Read(path, options).Select(name => $"{Sql.Text(name)}: 'VARCHAR'"));
        return $"read_csv({Sql.Text(path)}, auto_detect = false, header = true, delim = {Sql.Text(options.Delimiter.ToString())}, "
            + $"quote = {Sql.Text(options.Quote.ToString())}, escape = {Sql.Text(options.Quote.ToString())}, nullstr = {Sql.Text(options.NullText)}, "
            + $"allow_quoted_nulls = false, columns = {{{columns}}})";
    }

    /// <summary>What is wrong with a file that DuckDB could not read.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="message">What DuckDB said; it quotes the data.</param>
    internal static IngestException Unreadable(string path, string message)
    {
        long? line = LineOf().Match(message) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;
        if (message.Contains("Maximum line size", StringComparison.Ordinal))
        {
            return new IngestException(path, $"Expected lines of at most 2,000,000 bytes in '{path}', but found a longer one{(line is null ? string.Empty : $" in line {line}")}.", line: line);
        }

        var where = line is null ? string.Empty : $" in line {line}";
        var counts = ColumnsOf().Match(message);
        return new IngestException(
            path,
            counts.Success
                ? $"Expected {counts.Groups[1].Value} columns in every row of '{path}', but found {counts.Groups[2].Value}{where}."
                : $"Expected well-formed CSV in '{path}' (UTF-8, quotes doubled within quotes), but found something else{where}.",
            line: line);
    }

    /// <summary>What to do where a file has one column whose name has a character that usually stands between values; empty where there is nothing to say.</summary>
    /// <param name="options">How the file is read.</param>
    /// <param name="names">Its columns.</param>
    internal static string Advice(SourceIngestOptions options, IReadOnlyList<string> names)
        => options is CsvIngestOptions csv && names is [var only] && only.FirstOrDefault(c => c != csv.Delimiter && c is ';' or '\t' or '|' or ',') is not '\0' and var found
            ? $" If {(found == '\t' ? "a tab" : $"'{found}'")} stands between its values, say so: {nameof(CsvIngestOptions)}.{nameof(CsvIngestOptions.Delimiter)}."
            : string.Empty;

    /// <summary>Checks the options by themselves.</summary>
    /// <param name="options">Delimiter, quote and null text.</param>
    /// <exception cref="ArgumentException">One cannot be used.</exception>
    internal static void Check(CsvIngestOptions options)
    {
        CheckMark(nameof(options.Delimiter), options.Delimiter);
        CheckMark(nameof(options.Quote), options.Quote);
        if (options.Delimiter == options.Quote)
        {
            throw new ArgumentException($"Expected {nameof(CsvIngestOptions)}.{nameof(options.Delimiter)} to be another character than {nameof(options.Quote)}, but both are {Named(options.Quote)}.");
        }

        if (options.NullText is null || options.NullText.AsSpan().IndexOfAny([options.Delimiter, options.Quote, '\r', '\n']) >= 0)
        {
            throw new ArgumentException(
                $"Expected {nameof(CsvIngestOptions)}.{nameof(options.NullText)} to be a text without delimiter, quote and line end (empty, unless nulls are written otherwise), but found {(options.NullText is null ? "null" : "one with such")}.");
        }
    }

    private static void CheckMark(string option, char mark)
    {
        if (char.IsControl(mark) && mark != '\t' || char.IsSurrogate(mark))
        {
            throw new ArgumentException($"Expected {nameof(CsvIngestOptions)}.{option} to be one visible character, a space or a tab, but found {Named(mark)}.");
        }
    }

    private static string Named(char mark) => char.IsControl(mark) || char.IsSurrogate(mark) ? $"U+{(int)mark:X4}" : $"'{mark}'";

    private static void CheckEncoding(string path)
    {
        Span<byte> start = stackalloc byte[4];
        using var file = File.OpenRead(path);
        var found = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        var other = found.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) || found.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]) ? "UTF-32"
            : found.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || found.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? "UTF-16"
            : null;
        if (other is not null)
        {
            throw new IngestException(path, $"Expected UTF-8 in '{path}', but it begins with the mark of {other}. Write it as UTF-8.");
        }
    }

    [GeneratedRegex(@"CSV Error on Line: (\d+)")]
    private static partial Regex LineOf();

    [GeneratedRegex(@"Expected Number of Columns: (\d+) Found: (\d+)")]
    private static partial Regex ColumnsOf();
}
