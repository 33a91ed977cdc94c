using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Mlp.Runtime.Data;

/// <summary>A CSV file as DuckDB reads it: every column as text, nothing guessed.</summary>
internal sealed partial class CsvText
{
    private readonly CsvFormat _format;

    private CsvText(string path, CsvFormat format, IReadOnlyList<string> names) => (Path, _format, Names) = (path, format, names);

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>Names of the columns, which differ without regard to case; one without a name, such as the index that pandas writes, has the name that pandas reads it by.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>SQL of the relation.</summary>
    public string Relation => RelationWith(string.Empty);

    /// <summary>SQL of the relation with the number of each row, from 1, as __row_number.</summary>
    public string NumberedRelation => $"(SELECT row_number() OVER () AS __row_number, * FROM {RelationWith(", parallel = false")})";

    /// <summary>Reads the header.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="format">Delimiter, quote and null text.</param>
    /// <param name="text">The file.</param>
    /// <param name="fault">What keeps it from being read.</param>
    public static bool TryOpen(string path, CsvFormat format, [NotNullWhen(true)] out CsvText? text, [NotNullWhen(false)] out CsvFault? fault)
    {
        var names = CsvHeader.Read(path, format);

        // SQL does not tell names apart by case.
        fault = FindEncoding(path) is { } other ? new($"Expected UTF-8 in '{path}', but it begins with the mark of {other}. Write it as UTF-8.")
            : names.TrueForAll(string.IsNullOrEmpty) ? new($"Expected a header line with column names in '{path}', but found none.")
            : names.Where(n => n.Length > 0).GroupBy(n => n, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice
                ? new($"Expected the column names of '{path}' to be unique without regard to case, but '{twice.Key}' occurs {twice.Count()} times.", twice.Key)
            : null;
        text = fault is null ? new CsvText(path, format, Named(names)) : null;
        return fault is null;
    }

    /// <summary>What is wrong with a file that DuckDB could not read.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="message">What DuckDB said; it quotes the data.</param>
    public static CsvFault Unreadable(string path, string message)
    {
        long? line = LineOf().Match(message) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;
        var where = line is null ? string.Empty : $" in line {line}";
        if (message.Contains("Maximum line size", StringComparison.Ordinal))
        {
            return new($"Expected lines of at most 2,000,000 bytes in '{path}', but found a longer one{where}.", Line: line);
        }

        var counts = ColumnsOf().Match(message);
        return new(
            counts.Success
                ? $"Expected {counts.Groups[1].Value} columns in every row of '{path}', but found {counts.Groups[2].Value}{where}."
                : $"Expected well-formed CSV in '{path}' (UTF-8, all lines ended alike, quotes doubled within quotes), but found something else{where}.",
            Line: line);
    }

    /// <summary>SQL of the number of line ends within the values of a row.</summary>
    /// <param name="names">Columns of the row.</param>
    public static string LineEndsWithin(IEnumerable<string> names)
        => string.Join(" + ", names.Select(SqlText.Name).Select(n => $"coalesce(length({n}) - length(replace({n}, chr(10), '')), 0)"));

    private static List<string> Named(List<string> names)
    {
        var taken = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. names.Select((name, i) => name.Length > 0 ? name : Unnamed(i))];

        string Unnamed(int index)
        {
            var wanted = FormattableString.Invariant($"Unnamed: {index}");
            var name = wanted;
            for (var next = 1; !taken.Add(name); next++)
            {
                name = FormattableString.Invariant($"{wanted}.{next}");
            }

            return name;
        }
    }

    private static string? FindEncoding(string path)
    {
        Span<byte> start = stackalloc byte[4];
        using var file = File.OpenRead(path);
        var found = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        return found.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) || found.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]) ? "UTF-32"
            : found.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || found.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? "UTF-16"
            : null;
    }

    [GeneratedRegex(@"CSV Error on Line: (\d+)")]
    private static partial Regex LineOf();

    [GeneratedRegex(@"Expected Number of Columns: (\d+) Found: (\d+)")]
    private static partial Regex ColumnsOf();

    private string RelationWith(string further)
    {
        var columns = string.Join(", ", Names.Select(name => $"{SqlText.Text(name)}: 'VARCHAR'"));
        var quote = SqlText.Text(_format.Quote.ToString());
        return $"read_csv({SqlText.File(Path)}, auto_detect = false, hive_partitioning = false, header = true, delim = {SqlText.Text(_format.Delimiter.ToString())}, "
            + $"quote = {quote}, escape = {quote}, nullstr = {SqlText.Text(_format.NullText)}, allow_quoted_nulls = false{further}, columns = {{{columns}}})";
    }
}
