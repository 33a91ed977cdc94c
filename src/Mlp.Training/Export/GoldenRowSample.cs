using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>Takes the golden rows of an exported model from the rows that proved it.</summary>
internal static class GoldenRowSample
{
    /// <summary>Takes rows at equal distances and lets the exported file, which has been proved, answer them.</summary>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="table">All rows.</param>
    /// <param name="start">The first row of the proof; it reaches to the last row.</param>
    /// <param name="count">How many to take; fewer where there are fewer.</param>
    /// <param name="output">Which output is the score: one value per row.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    /// <returns>The rows; null for none.</returns>
    public static GoldenRows? Take(ReadOnlyMemory<byte> onnx, FeatureTable table, int start, int count, ModelOutput output, CancellationToken cancellationToken)
    {
        var available = table.RowCount - start;
        count = Math.Min(count, available);
        if (count == 0)
        {
            return null;
        }

        using var scorer = OnnxScorer.Open("exported", onnx, table.Layout.Columns, output, batchSize: 1);
        var rows = new FeatureRows(table.Layout, count);
        rows.Reset(count);
        var expected = new double[count];
        for (var i = 0; i < count; i++)
        {
            var source = start + (int)((long)i * available / count);
            TableRows.CopyRow(table, source, rows, i);
            expected[i] = scorer.Score(table, source, 1, cancellationToken)[0];
        }

        return new GoldenRows(rows, expected, OnnxExporter.Tolerance);
    }
}
