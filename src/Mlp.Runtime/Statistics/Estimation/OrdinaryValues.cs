namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>
/// What is ordinary for a figure over any number of rows, as a reference says it: thresholds from chunks are right for windows of as many rows, so that a shorter window's own chance, and that of the
/// reference, are added. Immutable.
/// </summary>
/// <param name="Mean">Mean of the chunks' figures; NaN where fewer than two chunks have one.</param>
/// <param name="Deviation">Standard deviation (n) of the chunks' figures.</param>
/// <param name="RowDeviation">Standard deviation of the figure per row: its error over n rows is this by √n.</param>
/// <param name="RowCount">Rows of the reference.</param>
/// <param name="ChunkSize">Rows of a chunk.</param>
internal readonly record struct OrdinaryValues(double Mean, double Deviation, double RowDeviation, long RowCount, int ChunkSize)
{
    /// <summary>The chance that a normal value lies more than 3 standard deviations below its mean.</summary>
    private const double Tail = 0.0013498980316300946;

    /// <summary>Nothing is known: no value is out of the ordinary.</summary>
    internal static OrdinaryValues Unknown { get; } = new(double.NaN, double.NaN, double.NaN, 1, 1);

    /// <summary>
    /// How far from the mean a figure is ordinary: 3 standard deviations of the chunks, and no less than 3 of what the chunks vary beyond chance together with the chance of so many rows. Of several
    /// figures that are judged at once chance alone, the window's own where that is greater, may not bring one out of the range more often than 3 standard deviations would a single one.
    /// </summary>
    /// <param name="rowCount">Rows of the window, above 0.</param>
    /// <param name="ownError">The window's own standard error of the figure; NaN where it is not known.</param>
    /// <param name="comparisons">Figures that are judged at once, at least 1.</param>
    /// <returns>NaN where it is not known.</returns>
    internal double Distance(double rowCount, double ownError, int comparisons)
    {
        var chunk = RowDeviation * RowDeviation / ChunkSize;
        var systematic = Math.Max(0, (Deviation * Deviation) - chunk);
        var expected = Chance(rowCount, double.NaN);
        return Math.Max(
            ReferenceThresholds.Deviations * Math.Max(Deviation, Math.Sqrt(systematic + (expected * expected))),
            DeviationsOf(comparisons) * Chance(rowCount, ownError));
    }

    /// <summary>Whether two figures of a window, one of which was learnt on the reference, differ by more than chance, at the same level; true where chance is not known.</summary>
    /// <param name="difference">Their difference.</param>
    /// <param name="rowCount">Rows of the window, above 0.</param>
    /// <param name="ownError">The window's own standard error of the figure; NaN where it is not known.</param>
    /// <param name="comparisons">Figures that are judged at once, at least 1.</param>
    internal bool IsBeyondChance(double difference, double rowCount, double ownError, int comparisons)
        => !(Math.Abs(difference) <= DeviationsOf(comparisons) * Chance(rowCount, ownError));

    private static double DeviationsOf(int comparisons) => comparisons == 1 ? ReferenceThresholds.Deviations : -NormalDistribution.Quantile(Tail / comparisons);

    /// <summary>The standard error of the difference of a window's figure and the reference's.</summary>
    private double Chance(double rowCount, double ownError)
    {
        var window = RowDeviation / Math.Sqrt(rowCount);
        window = double.IsNaN(ownError) ? window : Math.Max(window, ownError);
        return Math.Sqrt((window * window) + (RowDeviation * RowDeviation / RowCount));
    }
}
