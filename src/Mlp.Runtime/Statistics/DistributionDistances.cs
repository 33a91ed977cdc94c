namespace Mlp.Runtime.Statistics;

/// <summary>Distances between two distribution functions F and G, each given by its steps. No binning: they see what the values say, or the sketch that stands for them.</summary>
/// <remarks>All are symmetric and NaN where one side is empty. Weights need not be whole numbers. One pass over both, no allocation.</remarks>
internal static class DistributionDistances
{
    /// <summary>The spread below which <see cref="NormedWasserstein"/> divides by this much: 0.001, the practice of Evidently.</summary>
    internal const double SmallestSpread = 0.001;

    /// <summary>The two-sample Kolmogorov-Smirnov statistic D = max_x |F(x) − G(x)|: 0 to 1 (Smirnov, 1939). Equal values of both sides are one step.</summary>
    /// <param name="reference">F.</param>
    /// <param name="current">G.</param>
    internal static double KolmogorovSmirnov(EmpiricalDistribution reference, EmpiricalDistribution current) => Walk(reference, current).Largest;

    /// <summary>
    /// |F(x) − G(x)| at its largest over the upper edges of bins of equal width over the range of the reference, the last one closed: a lower bound of <see cref="KolmogorovSmirnov"/>, and NannyML's statistic from 10,000 rows of the reference on.
    /// </summary>
    /// <param name="reference">F.</param>
    /// <param name="current">G.</param>
    /// <param name="binCount">Number of bins, at least 1.</param>
    internal static double BinnedKolmogorovSmirnov(EmpiricalDistribution reference, EmpiricalDistribution current, int binCount)
    {
        var (n, m) = (reference.TotalWeight, current.TotalWeight);
        if (!(n > 0 && m > 0))
        {
            return double.NaN;
        }

        var (low, high) = (reference.Values[0], reference.Values[^1]);
        var step = (high - low) / binCount;
        var (largest, i, j) = (0.0, 0, 0);
        for (var b = 1; b <= binCount; b++)
        {
            var edge = b == binCount ? Math.BitIncrement(high) : (b * step) + low;
            var f = CumulativeBelow(reference, edge, ref i) / n;
            var g = CumulativeBelow(current, edge, ref j) / m;
            largest = Math.Max(largest, Math.Abs(f - g));
        }

        return largest;
    }

    /// <summary>The Wasserstein distance of order 1, ∫ |F(x) − G(x)| dx, in the unit of the values: how far a row must move on average.</summary>
    /// <param name="reference">F.</param>
    /// <param name="current">G.</param>
    internal static double Wasserstein(EmpiricalDistribution reference, EmpiricalDistribution current) => Walk(reference, current).Area;

    /// <summary><see cref="Wasserstein"/> in standard deviations of the reference: W / max(σ, 0.001).</summary>
    /// <param name="reference">F.</param>
    /// <param name="current">G.</param>
    /// <param name="standardDeviation">σ of the reference, divisor n (population).</param>
    internal static double NormedWasserstein(EmpiricalDistribution reference, EmpiricalDistribution current, double standardDeviation)
        => Wasserstein(reference, current) / Math.Max(standardDeviation, SmallestSpread);

    /// <summary>The energy distance √(2·∫ (F(x) − G(x))² dx) (Székely and Rizzo, "Energy Statistics", 2013), as scipy gives it.</summary>
    /// <param name="reference">F.</param>
    /// <param name="current">G.</param>
    internal static double Energy(EmpiricalDistribution reference, EmpiricalDistribution current) => Math.Sqrt(2 * Walk(reference, current).SquaredArea);

    private static double CumulativeBelow(EmpiricalDistribution distribution, double edge, ref int next)
    {
        var values = distribution.Values;
        while (next < values.Length && values[next] < edge)
        {
            next++;
        }

        return next == 0 ? 0 : distribution.CumulativeWeights[next - 1];
    }

    private static (double Largest, double Area, double SquaredArea) Walk(EmpiricalDistribution reference, EmpiricalDistribution current)
    {
        var (n, m) = (reference.TotalWeight, current.TotalWeight);
        if (!(n > 0 && m > 0))
        {
            return (double.NaN, double.NaN, double.NaN);
        }

        var (largest, area, squaredArea) = (0.0, 0.0, 0.0);
        var x = reference.Values;
        var y = current.Values;
        var (i, j) = (0, 0);
        var (f, g) = (0.0, 0.0);
        var last = 0.0;
        while (i < x.Length || j < y.Length)
        {
            var next = j == y.Length || (i < x.Length && x[i] <= y[j]) ? x[i] : y[j];
            if (i + j > 0)
            {
                var width = next - last;
                area += Math.Abs(f - g) * width;
                squaredArea += (f - g) * (f - g) * width;
            }

            if (i < x.Length && x[i] == next)
            {
                f = reference.CumulativeWeights[i++] / n;
            }

            if (j < y.Length && y[j] == next)
            {
                g = current.CumulativeWeights[j++] / m;
            }

            largest = Math.Max(largest, Math.Abs(f - g));
            last = next;
        }

        return (largest, area, squaredArea);
    }
}
