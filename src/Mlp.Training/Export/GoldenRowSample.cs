using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>Takes the golden rows of an exported model from the rows that proved it.</summary>
internal static class GoldenRowSample
{
    /// <summary>Takes rows at equal distances and lets the exported file, which has been proved, answer them one by one.</summary>
    /// <param name="file">The file.</param>
    /// <param name="table">All rows.</param>
    /// <param name="start">The first row of the proof; it reaches to the last row.</param>
    /// <param name="count">How many to take; fewer where there are fewer.</param>
    /// <param name="tolerance">What answers may differ by where the file is loaded, relative to scores above <paramref name="scale"/>.</param>
    /// <param name="scale">Size below which scores are not compared more closely, at least 1.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    /// <returns>The rows; null for none.</returns>
    public static GoldenRows? Take(OnnxScorer file, FeatureTable table, int start, int count, double tolerance, double scale, CancellationToken cancellationToken)
    {
        var available = table.RowCount - start;
        count = Math.Min(count, available);
        if (count == 0)
        {
            return null;
        }

        int[] sources = [.. Enumerable.Range(0, count).Select(i => start + (int)((long)i * available / count))];
        var rows = new FeatureRows(table.Layout, count);
        rows.Reset(count);
        for (var i = 0; i < count; i++)
        {
            TableRows.CopyRow(table, sources[i], rows, i);
        }

        // Golden rows are compared relative to scores above 1: the least score gets what its scale allows.
        var scores = file.ScoreAll(table, sources, batchSize: 1, cancellationToken);
        var least = scores.Min(s => Math.Max(1, Math.Abs(s)));
        return new GoldenRows(rows, scores, Math.Min(1, tolerance * (least < scale ? scale / least : 1)));
    }
}
