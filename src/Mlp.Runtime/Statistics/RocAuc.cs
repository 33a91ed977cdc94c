namespace Mlp.Runtime.Statistics;

/// <summary>
/// Area under the receiver operating characteristic: the share of (positive, negative) pairs that the score orders rightly, a tie counting
/// one half.
/// </summary>
internal static class RocAuc
{
    /// <summary>The exact area.</summary>
    /// <remarks>
    /// AUC = U / (P·N) with the Mann-Whitney statistic U = Σ over positives of (negatives below + ½ negatives equal), which is the midrank
    /// formula (Hanley and McNeil, "The Meaning and Use of the Area under a ROC Curve", Radiology 143, 1982). 2U is an integer and is
    /// summed as one: the only rounding is that of the division.
    /// Ties: one half per tied pair. Edges: NaN where one class has no rows. NaN scores must have been taken out; infinities are ordinary
    /// scores.
    /// Cost: O(P + N) on sorted input.
    /// </remarks>
    /// <param name="positives">Scores of the positive rows, ascending.</param>
    /// <param name="negatives">Scores of the negative rows, ascending.</param>
    internal static double Compute(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives)
    {
        if (positives.IsEmpty || negatives.IsEmpty)
        {
            return double.NaN;
        }

        var below = 0;
        var notAbove = 0;
        var twiceRightPairs = 0L;
        foreach (var score in positives)
        {
            while (below < negatives.Length && negatives[below] < score)
            {
                below++;
            }

            while (notAbove < negatives.Length && negatives[notAbove] <= score)
            {
                notAbove++;
            }

            twiceRightPairs += below + notAbove;
        }

        return (double)twiceRightPairs / (2L * positives.Length * negatives.Length);
    }

    /// <summary>The area from counts per score bin, for streams that keep no rows.</summary>
    /// <remarks>
    /// AUC_B = Σ_b P_b·(Σ_{c&lt;b} N_c + N_b/2) / (P·N): pairs within one bin count as ties. The exact area differs by at most Σ_b P_b·N_b
    /// / (2·P·N).
    /// Edges: NaN, and a bound of NaN, where one class has no rows.
    /// </remarks>
    /// <param name="positives">Positive rows per bin, bins in ascending order of score.</param>
    /// <param name="negatives">Negative rows per bin, the same bins.</param>
    /// <param name="errorBound">The largest possible distance to the exact area.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double FromBins(ReadOnlySpan<long> positives, ReadOnlySpan<long> negatives, out double errorBound)
    {
        if (positives.Length != negatives.Length)
        {
            throw new ArgumentException(
                $"Expected the same bins for both classes, but found {positives.Length} and {negatives.Length}.",
                nameof(negatives));
        }

        Int128 twiceRightPairs = 0;
        Int128 tiedPairs = 0;
        var positiveCount = 0L;
        var negativeCount = 0L;
        for (var b = 0; b < positives.Length; b++)
        {
            twiceRightPairs += (Int128)positives[b] * ((2 * negativeCount) + negatives[b]);
            tiedPairs += (Int128)positives[b] * negatives[b];
            positiveCount += positives[b];
            negativeCount += negatives[b];
        }

        var twicePairs = (double)((Int128)2 * positiveCount * negativeCount);
        errorBound = (double)tiedPairs / twicePairs;
        return (double)twiceRightPairs / twicePairs;
    }
}
