namespace Mlp.Runtime.Statistics;

/// <summary>Distances between a reference and a current distribution, each given as counts over the same bins.</summary>
/// <remarks>
/// p_b is the reference's share of bin b and q_b the current one. All are symmetric and do not depend on the order of the bins. Counts are
/// at least 0. No allocation.
/// Edges: NaN where one side has no rows; a bin that is empty on both sides adds nothing.
/// </remarks>
internal static class DriftStatistics
{
    /// <summary>
    /// The share below which a bin counts as this much in <see cref="PopulationStabilityIndex"/>: 1e-4, the field's practice.
    /// </summary>
    internal const double SmallestShare = 1e-4;

    /// <summary>PSI = Σ_b (p_b − q_b)·ln(p_b / q_b), natural logarithm: 0 for equal shares, unbounded above.</summary>
    /// <remarks>
    /// The symmetric Kullback-Leibler divergence of Jeffreys; bins and folklore thresholds 0.1 and 0.25 from Siddiqi, "Credit Risk
    /// Scorecards", 2006.
    /// Zero rule: a share below <paramref name="smallestShare"/> is raised to it, on both sides, and shares are not renormalised. Without
    /// such bins the value is the plain formula's. One row in a bin that the reference leaves empty moves PSI by at most ln(1/(m·ε))/m for
    /// m current rows and not at all for m ≥ 1/ε.
    /// </remarks>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin.</param>
    /// <param name="smallestShare">ε, above 0.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double PopulationStabilityIndex(
        ReadOnlySpan<long> reference, ReadOnlySpan<long> current, double smallestShare = SmallestShare)
    {
        var (n, m) = Totals(reference, current);
        var sum = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            sum += Term(reference[b] / n, current[b] / m, smallestShare);
        }

        return IsDefined(n, m) ? sum : double.NaN;
    }

    /// <summary><see cref="PopulationStabilityIndex"/> of current rows that have weights.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current weights per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double WeightedPopulationStabilityIndex(ReadOnlySpan<long> reference, ReadOnlySpan<double> current)
    {
        var (n, m) = Totals(reference, current);
        var sum = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            sum += Term(reference[b] / n, current[b] / m, SmallestShare);
        }

        return IsDefined(n, m) ? sum : double.NaN;
    }

    /// <summary>What each bin adds to <see cref="PopulationStabilityIndex"/>: where the drift is.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin.</param>
    /// <param name="destination">One slot per bin, each at least 0 afterwards; NaN where one side has no rows.</param>
    /// <param name="smallestShare">ε, above 0.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    internal static void PopulationStabilityIndexTerms(
        ReadOnlySpan<long> reference, ReadOnlySpan<long> current, Span<double> destination, double smallestShare = SmallestShare)
    {
        var (n, m) = Totals(reference, current);
        if (destination.Length != reference.Length)
        {
            throw new ArgumentException(
                $"Expected a slot for each of {reference.Length} bins, but found {destination.Length}.",
                nameof(destination));
        }

        for (var b = 0; b < reference.Length; b++)
        {
            destination[b] = IsDefined(n, m) ? Term(reference[b] / n, current[b] / m, smallestShare) : double.NaN;
        }
    }

    /// <summary>
    /// The PSI that two samples of the same distribution exceed with probability <paramref name="significance"/>: (1/n + 1/m)·χ²_{B−1}
    /// (Yurdakul, 2018).
    /// </summary>
    /// <remarks>
    /// Asymptotic: good to two or three digits from about 500 rows a side; below about 5 expected rows per bin it is too small. 0 with
    /// fewer than two bins in use, NaN where a side has no rows.
    /// </remarks>
    /// <param name="referenceRows">n.</param>
    /// <param name="currentRows">m; of rows that have weights, as many rows of equal weight as say as much.</param>
    /// <param name="binsInUse">B, the bins that are not empty on both sides: see <see cref="CountBinsInUse"/>.</param>
    /// <param name="significance">α, between 0 and 1; 0.01 gives a threshold that one window in a hundred exceeds without drift.</param>
    internal static double PopulationStabilityIndexNullThreshold(double referenceRows, double currentRows, int binsInUse, double significance)
    {
        if (!IsDefined(referenceRows, currentRows))
        {
            return double.NaN;
        }

        return binsInUse < 2
            ? 0
            : ((1.0 / referenceRows) + (1.0 / currentRows)) * ChiSquareDistribution.UpperQuantile(significance, binsInUse - 1);
    }

    /// <summary>The number of bins that hold a row on at least one side.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static int CountBinsInUse(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        _ = Totals(reference, current);
        var used = 0;
        for (var b = 0; b < reference.Length; b++)
        {
            used += (reference[b] | current[b]) != 0 ? 1 : 0;
        }

        return used;
    }

    /// <summary>
    /// Jensen-Shannon distance √(½·KL(p‖m) + ½·KL(q‖m)) with m = (p + q)/2 and logarithms to base 2: 0 to 1 (Lin, "Divergence Measures
    /// Based on the Shannon Entropy", 1991).
    /// </summary>
    /// <remarks>
    /// The base of NannyML. Evidently uses the natural logarithm, whose figure is this one times √ln 2 = 0.8326. A zero share adds 0: no
    /// smoothing is needed.
    /// </remarks>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double JensenShannonDistance(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var (n, m) = Totals(reference, current);
        var sum = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            sum += DivergenceTerm(reference[b] / n, current[b] / m);
        }

        return DistanceOf(sum, n, m);
    }

    /// <summary><see cref="JensenShannonDistance"/> with natural logarithms, 0 to √ln 2 = 0.8326: the figure of Evidently and of scipy's default.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double NaturalJensenShannonDistance(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
        => JensenShannonDistance(reference, current) * Math.Sqrt(Math.Log(2));

    /// <summary><see cref="JensenShannonDistance"/> of current rows that have weights.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current weights per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double WeightedJensenShannonDistance(ReadOnlySpan<long> reference, ReadOnlySpan<double> current)
    {
        var (n, m) = Totals(reference, current);
        var sum = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            sum += DivergenceTerm(reference[b] / n, current[b] / m);
        }

        return DistanceOf(sum, n, m);
    }

    /// <summary>Hellinger distance √(½·Σ_b (√p_b − √q_b)²) = √(1 − Σ_b √(p_b·q_b)): 0 to 1.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double HellingerDistance(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var (n, m) = Totals(reference, current);
        var sum = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            var gap = Math.Sqrt(reference[b] / n) - Math.Sqrt(current[b] / m);
            sum += gap * gap;
        }

        return IsDefined(n, m) ? Math.Min(Math.Sqrt(sum / 2), 1) : double.NaN;
    }

    /// <summary><see cref="HellingerDistance"/> of current rows that have weights.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current weights per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double WeightedHellingerDistance(ReadOnlySpan<long> reference, ReadOnlySpan<double> current)
    {
        var (n, m) = Totals(reference, current);
        var sum = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            var gap = Math.Sqrt(reference[b] / n) - Math.Sqrt(current[b] / m);
            sum += gap * gap;
        }

        return IsDefined(n, m) ? Math.Min(Math.Sqrt(sum / 2), 1) : double.NaN;
    }

    /// <summary>Total variation distance ½·Σ_b |p_b − q_b|: 0 to 1, the share of rows that must change their bin.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double TotalVariationDistance(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var (n, m) = Totals(reference, current);
        var sum = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            sum += Math.Abs((reference[b] / n) - (current[b] / m));
        }

        return IsDefined(n, m) ? Math.Min(sum / 2, 1) : double.NaN;
    }

    /// <summary><see cref="TotalVariationDistance"/> of current rows that have weights.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current weights per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double WeightedTotalVariationDistance(ReadOnlySpan<long> reference, ReadOnlySpan<double> current)
    {
        var (n, m) = Totals(reference, current);
        var sum = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            sum += Math.Abs((reference[b] / n) - (current[b] / m));
        }

        return IsDefined(n, m) ? Math.Min(sum / 2, 1) : double.NaN;
    }

    /// <summary>L-infinity distance max_b |p_b − q_b|: 0 to 1, the largest change of one bin.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current counts per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double LInfinityDistance(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var (n, m) = Totals(reference, current);
        var largest = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            largest = Math.Max(largest, Math.Abs((reference[b] / n) - (current[b] / m)));
        }

        return IsDefined(n, m) ? largest : double.NaN;
    }

    /// <summary><see cref="LInfinityDistance"/> of current rows that have weights.</summary>
    /// <param name="reference">Reference counts per bin.</param>
    /// <param name="current">Current weights per bin.</param>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    internal static double WeightedLInfinityDistance(ReadOnlySpan<long> reference, ReadOnlySpan<double> current)
    {
        var (n, m) = Totals(reference, current);
        var largest = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            largest = Math.Max(largest, Math.Abs((reference[b] / n) - (current[b] / m)));
        }

        return IsDefined(n, m) ? largest : double.NaN;
    }

    private static double DivergenceTerm(double p, double q)
    {
        var middle = (p + q) / 2;
        return (p > 0 ? p * Math.Log2(p / middle) : 0) + (q > 0 ? q * Math.Log2(q / middle) : 0);
    }

    // Rounding can leave a sum of equal shares a hair below 0, or of disjoint ones above 2.
    private static double DistanceOf(double sum, double n, double m) => IsDefined(n, m) ? Math.Sqrt(Math.Clamp(sum / 2, 0, 1)) : double.NaN;

    private static double Term(double p, double q, double smallestShare)
    {
        p = Math.Max(p, smallestShare);
        q = Math.Max(q, smallestShare);
        return (p - q) * Math.Log(p / q);
    }

    private static bool IsDefined(double referenceRows, double currentRows) => referenceRows > 0 && currentRows > 0;

    private static (double Reference, double Current) Totals(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        RequireSameBins(reference.Length, current.Length);
        var n = 0L;
        var m = 0L;
        for (var b = 0; b < reference.Length; b++)
        {
            n += reference[b];
            m += current[b];
        }

        return (n, m);
    }

    private static (double Reference, double Current) Totals(ReadOnlySpan<long> reference, ReadOnlySpan<double> current)
    {
        RequireSameBins(reference.Length, current.Length);
        var n = 0L;
        var m = 0.0;
        for (var b = 0; b < reference.Length; b++)
        {
            n += reference[b];
            m += current[b];
        }

        return (n, m);
    }

    private static void RequireSameBins(int reference, int current)
    {
        if (reference != current)
        {
            throw new ArgumentException($"Expected counts over the same bins, but found {reference} reference and {current} current bins.", nameof(current));
        }
    }
}
