namespace Mlp.Runtime.Statistics;

/// <summary>Pearson's chi-square tests of counts over the same bins. Two different questions, which give different answers on the same counts: see each method.</summary>
internal static class ChiSquareTest
{
    /// <summary>
    /// Do two samples come from one distribution? X² = Σ (observed − expected)²/expected over the 2 × B table with B − 1 degrees of freedom (test of homogeneity): both sides count as samples. What NannyML calls chi2,
    /// scipy <c>chi2_contingency</c>.
    /// </summary>
    /// <remarks>Bins that are empty on both sides are left out. Fewer than two bins in use give (0, 1, 0); a side without rows NaN.</remarks>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin; of weighted rows, weights that add up to their effective number.</param>
    /// <param name="isCorrected">Whether a table of two bins is corrected for continuity (Yates), as scipy does by default; false by default.</param>
    internal static ChiSquareResult Contingency(ReadOnlySpan<long> reference, ReadOnlySpan<double> current, bool isCorrected = false)
    {
        var (n, m) = Totals(reference, current);
        if (!(n > 0 && m > 0))
        {
            return new(double.NaN, double.NaN, 0);
        }

        var used = 0;
        for (var b = 0; b < reference.Length; b++)
        {
            used += reference[b] + current[b] > 0 ? 1 : 0;
        }

        var sum = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            var both = reference[b] + current[b];
            if (both > 0)
            {
                sum += Term(reference[b], both * n / (n + m), isCorrected && used == 2) + Term(current[b], both * m / (n + m), isCorrected && used == 2);
            }
        }

        return Result(sum, used - 1);
    }

    /// <summary>
    /// Does the current sample come from the reference's distribution, taken as known? Σ (observed − expected)²/expected with expected = reference share times current rows: the reference's own
    /// scatter does not count, so that p is smaller than that of <see cref="Contingency"/>. What Evidently calls chisquare, scipy <c>chisquare</c>.
    /// </summary>
    /// <remarks>A current row in a bin that the reference leaves empty gives +∞ and p = 0. Bins that are empty on both sides are left out.</remarks>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin.</param>
    internal static ChiSquareResult GoodnessOfFit(ReadOnlySpan<long> reference, ReadOnlySpan<double> current)
    {
        var (n, m) = Totals(reference, current);
        if (!(n > 0 && m > 0))
        {
            return new(double.NaN, double.NaN, 0);
        }

        var sum = 0.0;
        var used = 0;
        for (var b = 0; b < reference.Length; b++)
        {
            if (reference[b] + current[b] > 0)
            {
                used++;
                sum += Term(current[b], reference[b] * m / n, false);
            }
        }

        return Result(sum, used - 1);
    }

    /// <summary>
    /// <see cref="Contingency"/> for use as a significance: bins in which either side expects fewer than 5 rows are counted together first (Cochran, "Some Methods for Strengthening the Common χ² Tests",
    /// 1954), so that rare categories do not raise alarms that the asymptote does not know of.
    /// </summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin; of weighted rows, weights that add up to their effective number.</param>
    internal static ChiSquareResult PooledContingency(ReadOnlySpan<long> reference, ReadOnlySpan<double> current)
    {
        const double smallestExpected = 5;
        var (n, m) = Totals(reference, current);
        if (!(n > 0 && m > 0))
        {
            return new(double.NaN, double.NaN, 0);
        }

        var (sum, used) = (0.0, 0);
        var (rareReference, rareCurrent) = (0L, 0.0);
        var smallerShare = Math.Min(n, m) / (n + m);
        for (var b = 0; b < reference.Length; b++)
        {
            var both = reference[b] + current[b];
            if (both * smallerShare < smallestExpected)
            {
                rareReference += reference[b];
                rareCurrent += current[b];
                continue;
            }

            used++;
            sum += Term(reference[b], both * n / (n + m), false) + Term(current[b], both * m / (n + m), false);
        }

        var rare = rareReference + rareCurrent;
        if (rare * smallerShare >= smallestExpected)
        {
            used++;
            sum += Term(rareReference, rare * n / (n + m), false) + Term(rareCurrent, rare * m / (n + m), false);
        }

        return Result(sum, used - 1);
    }

    /// <summary>Cramér's V of a 2 × B table, √(X²/(n + m)): the effect size behind <see cref="Contingency"/>, 0 to 1.</summary>
    /// <param name="statistic">X².</param>
    /// <param name="referenceRows">n.</param>
    /// <param name="currentRows">m.</param>
    internal static double CramersV(double statistic, double referenceRows, double currentRows) => Math.Sqrt(statistic / (referenceRows + currentRows));

    private static ChiSquareResult Result(double statistic, int degreesOfFreedom)
        => degreesOfFreedom < 1 ? new(0, 1, 0) : new(statistic, double.IsPositiveInfinity(statistic) ? 0 : ChiSquareDistribution.Survival(statistic, degreesOfFreedom), degreesOfFreedom);

    private static double Term(double observed, double expected, bool isCorrected)
    {
        var gap = observed - expected;
        if (isCorrected)
        {
            gap = Math.Max(Math.Abs(gap) - 0.5, 0);
        }

        return gap == 0 ? 0 : gap * gap / expected;
    }

    private static (double Reference, double Current) Totals(ReadOnlySpan<long> reference, ReadOnlySpan<double> current)
    {
        if (reference.Length != current.Length)
        {
            throw new ArgumentException($"Expected counts over the same bins, but found {reference.Length} reference and {current.Length} current bins.", nameof(current));
        }

        var (n, m) = (0L, 0.0);
        for (var b = 0; b < reference.Length; b++)
        {
            n += reference[b];
            m += current[b];
        }

        return (n, m);
    }
}
