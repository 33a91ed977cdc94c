using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;

namespace Mlp.Training.Export;

/// <summary>Runs an exported file on rows in batches of several sizes and measures how far it is from what is expected.</summary>
internal static class ExportProver
{
    /// <summary>Rows of the largest runs.</summary>
    public const int LargestBatch = 4096;

    private const int SmallestBatch = 64;
    private const int GreatestCells = 1 << 24;

    // Rows of the smaller runs, and how many rows are run in them: a file that depends on the size of its batch shows it on any of them.
    private static readonly (int BatchSize, int RowCount)[] Smaller = [(64, 256), (7, 126), (2, 64), (1, 64)];

    /// <summary>Rows of the largest runs: fewer of a wide encoding, so that one does not fill the memory.</summary>
    /// <param name="width">Numbers that the features of a row become.</param>
    /// <returns>64 to <see cref="LargestBatch"/>.</returns>
    public static int BatchFor(int width) => Math.Clamp(GreatestCells / Math.Max(1, width), SmallestBatch, LargestBatch);

    /// <summary>Compares a file with what is expected.</summary>
    /// <param name="file">The file, open for the rows of its largest run.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="expected">Shape (rows, scores), row-major.</param>
    /// <param name="scale">Size below which scores are not compared more closely, at least 1.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    /// <returns>Where they differ most; the first place where they agree everywhere.</returns>
    public static ProofFinding Compare(OnnxScorer file, ProofRows rows, ReadOnlySpan<double> expected, double scale, CancellationToken cancellationToken)
    {
        var width = expected.Length / rows.Count;
        var worst = (Difference: -1.0, Row: 0, Output: 0, BatchSize: 0, Found: 0.0);
        foreach (var (batchSize, sample) in Runs(rows.Count, file.LargestRun))
        {
            var found = file.ScoreAll(rows.Table, [.. sample.Select(row => rows.Start + row)], batchSize, cancellationToken);
            RequireWidth(found.Length / sample.Length, width);
            for (var i = 0; i < found.Length; i++)
            {
                var (row, output) = (sample[i / width], i % width);
                var difference = GoldenRows.Difference(expected[(row * width) + output], found[i], scale);
                if (difference > worst.Difference)
                {
                    worst = (difference, row, output, Math.Min(batchSize, sample.Length - (i / width / batchSize * batchSize)), found[i]);
                }
            }
        }

        var part = new ExportProofPart(rows.Count, worst.Difference, rows.Start + worst.Row, worst.Output, worst.BatchSize) { Change = rows.ChangeOf(worst.Row) };
        return new(rows.Name, part, expected[(worst.Row * width) + worst.Output], worst.Found) { FirstRow = rows.Start };
    }

    /// <summary>What a file says of rows in the largest runs.</summary>
    /// <param name="file">The file, open for the rows of its largest run.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    /// <returns>Shape (rows, scores), row-major.</returns>
    public static double[] ScoreAll(OnnxScorer file, ProofRows rows, CancellationToken cancellationToken)
        => file.ScoreAll(rows.Table, [.. Enumerable.Range(rows.Start, rows.Count)], file.LargestRun, cancellationToken);

    // All rows in the largest runs, and some from all over them in each smaller one.
    private static IEnumerable<(int BatchSize, int[] Rows)> Runs(int count, int largest)
    {
        yield return (largest, [.. Enumerable.Range(0, count)]);
        foreach (var (batchSize, rowCount) in Smaller.Where(s => s.BatchSize < count))
        {
            var sampled = Math.Min(count, rowCount);
            yield return (batchSize, [.. Enumerable.Range(0, sampled).Select(i => (int)((long)i * count / sampled))]);
        }
    }

    private static void RequireWidth(int found, int expected)
    {
        if (found != expected)
        {
            throw new InvalidModelException(
                "exported", FormattableString.Invariant($"Expected {expected} scores of each row from the exported model, as the trained one gives, but found {found}."));
        }
    }
}
