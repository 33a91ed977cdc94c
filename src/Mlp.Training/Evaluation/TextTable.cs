using System.Globalization;
using System.Text;
using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation;

/// <summary>Lines of cells as aligned text: the first column to the left, the others to the right.</summary>
internal static class TextTable
{
    /// <summary>Appends a table.</summary>
    public static void Append(StringBuilder text, IReadOnlyList<string[]> lines)
    {
        var widths = Enumerable.Range(0, lines[0].Length).Select(c => lines.Max(l => l[c].Length)).ToArray();
        foreach (var line in lines)
        {
            text.Append(string.Join("  ", line.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd()).Append('\n');
        }
    }

    public static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    public static string Interval(ConfidenceInterval? interval)
        => interval is { } known && !double.IsNaN(known.Lower) ? string.Create(CultureInfo.InvariantCulture, $"{known.Lower:G6} to {known.Upper:G6}") : string.Empty;
}
