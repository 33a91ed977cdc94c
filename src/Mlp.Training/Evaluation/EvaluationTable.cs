using System.Globalization;
using System.Text;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Evaluation;

/// <summary>Results of evaluations as text.</summary>
internal static class EvaluationTable
{
    public static string Write(EvaluationResult result)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{EnumTerms<ModelTask>.Of(result.Task)} on {result.RowCount:N0} rows\n");
        var withIntervals = result.Intervals.Count > 0;
        string[] head = withIntervals ? ["metric", "value", "95 % interval"] : ["metric", "value"];
        TextTable.Append(text, [head, .. result.Metrics.Select(m => Cells(m.Key, m.Value, withIntervals, result.Intervals, m.Key))]);
        if (result.Multiclass is { } multiclass)
        {
            text.Append('\n');
            TextTable.Append(text, Confusion(multiclass, result.ClassNames));
        }

        if (result.Slices.Count > 0)
        {
            var metric = result.SliceMetric!;
            text.Append('\n');
            TextTable.Append(
                text,
                [
                    ["slice", "rows", metric, "95 % interval", "worse by", string.Empty],
                    .. result.Slices.Select(s => new[]
                    {
                        s.Name,
                        s.RowCount.ToString("N0", CultureInfo.InvariantCulture),
                        TextTable.Number(s.Metrics[metric]),
                        TextTable.Interval(Find(s.Intervals, metric)),
                        TextTable.Number(s.Deficit),
                        s.IsWorse ? "*" : string.Empty,
                    }),
                ]);
        }

        foreach (var note in result.Notes)
        {
            text.Append(note).Append('\n');
        }

        return text.ToString();
    }

    private static string[] Cells(string name, double value, bool withIntervals, IReadOnlyDictionary<string, ConfidenceInterval> intervals, string key)
        => withIntervals ? [name, TextTable.Number(value), TextTable.Interval(Find(intervals, key))] : [name, TextTable.Number(value)];

    private static ConfidenceInterval? Find(IReadOnlyDictionary<string, ConfidenceInterval> intervals, string key) => intervals.TryGetValue(key, out var interval) ? interval : null;

    private static List<string[]> Confusion(MulticlassMetrics metrics, IReadOnlyList<string> names)
    {
        List<string[]> lines = [["true \\ predicted", .. names, "auc"]];
        for (var c = 0; c < names.Count; c++)
        {
            lines.Add([names[c], .. metrics.Confusion.Skip(c * names.Count).Take(names.Count).Select(TextTable.Number), TextTable.Number(metrics.Aucs[c])]);
        }

        return lines;
    }
}
