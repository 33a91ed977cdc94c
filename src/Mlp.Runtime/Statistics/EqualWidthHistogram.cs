namespace Mlp.Runtime.Statistics;

/// <summary>
/// Bins of equal width over the range of a reference, the last one closed, and one bin more for current values outside: the binning of NannyML, for whoever compares with its figures. It is blind on a
/// constant reference and coarse beside an outlier; quantile bins are the default for that reason. Immutable.
/// </summary>
internal sealed class EqualWidthHistogram
{
    private readonly double[] _edges;
    private readonly long[] _counts;

    private EqualWidthHistogram(double[] edges, ReadOnlySpan<double> ascending)
    {
        _edges = edges;
        _counts = Count(ascending);
    }

    /// <summary>Ascending edges, one more than there are bins.</summary>
    internal ReadOnlySpan<double> Edges => _edges;

    /// <summary>Reference rows per bin; the last one, outside, is 0.</summary>
    internal ReadOnlySpan<long> Counts => _counts;

    /// <summary>
    /// As many bins as Doane's rule says ("Aesthetic Frequency Classifications", 1976): width = range / (1 + log2 n + log2(1 + |g1|/s)), g1 the skewness with divisor n,
    /// s = √(6(n − 2)/((n + 1)(n + 3))); NannyML's for Jensen-Shannon and Hellinger, numpy's <c>doane</c>. A constant has one bin of width 1.
    /// </summary>
    /// <param name="ascending">Finite values, ascending, at least one.</param>
    internal static EqualWidthHistogram Doane(ReadOnlySpan<double> ascending) => Create(ascending, DoaneBinCount(ascending));

    /// <summary>A given number of bins; NannyML takes 10,000 for Kolmogorov-Smirnov from 10,000 reference rows on.</summary>
    /// <param name="ascending">Finite values, ascending, at least one.</param>
    /// <param name="binCount">At least 1.</param>
    internal static EqualWidthHistogram Create(ReadOnlySpan<double> ascending, int binCount)
    {
        var (low, high) = ascending[0] == ascending[^1] ? (ascending[0] - 0.5, ascending[^1] + 0.5) : (ascending[0], ascending[^1]);
        var edges = new double[binCount + 1];
        var step = (high - low) / binCount;
        for (var i = 0; i < binCount; i++)
        {
            edges[i] = (i * step) + low;
        }

        edges[^1] = high;
        return new(edges, ascending);
    }

    /// <summary>Rows per bin, then those outside.</summary>
    /// <param name="ascending">Finite values, ascending.</param>
    internal long[] Count(ReadOnlySpan<double> ascending)
    {
        var counts = new long[_edges.Length];
        var below = SortedSearch.CountBelow(ascending, _edges[0]);
        var start = below;
        for (var b = 0; b < _edges.Length - 1; b++)
        {
            var end = b == _edges.Length - 2 ? SortedSearch.CountBelow(ascending, Math.BitIncrement(_edges[^1])) : SortedSearch.CountBelow(ascending, _edges[b + 1]);
            counts[b] = end - start;
            start = end;
        }

        counts[^1] = ascending.Length - start + below;
        return counts;
    }

    /// <summary>max over the upper edges of |F − G|: NannyML's Kolmogorov-Smirnov statistic from 10,000 reference rows on.</summary>
    /// <param name="ascending">Current values, finite and ascending, at least one.</param>
    internal double KolmogorovSmirnov(ReadOnlySpan<double> ascending)
    {
        var counts = Count(ascending);
        var n = (double)_counts.Sum();
        var f = 0.0;
        var g = SortedSearch.CountBelow(ascending, _edges[0]) / (double)ascending.Length;
        var largest = 0.0;
        for (var b = 0; b < counts.Length - 1; b++)
        {
            f += _counts[b] / n;
            g += counts[b] / (double)ascending.Length;
            largest = Math.Max(largest, Math.Abs(f - g));
        }

        return largest;
    }

    private static int DoaneBinCount(ReadOnlySpan<double> ascending)
    {
        var n = ascending.Length;
        var summary = NumericSummary.Of(ascending);
        if (n <= 2 || !(summary.StandardDeviation > 0))
        {
            return 1;
        }

        var cubes = 0.0;
        foreach (var value in ascending)
        {
            var standardised = (value - summary.Mean) / summary.StandardDeviation;
            cubes += standardised * standardised * standardised;
        }

        var scatter = Math.Sqrt(6.0 * (n - 2) / ((n + 1.0) * (n + 3)));
        var width = (summary.Maximum - summary.Minimum) / (1 + Math.Log2(n) + Math.Log2(1 + (Math.Abs(cubes / n) / scatter)));
        return (int)Math.Ceiling((summary.Maximum - summary.Minimum) / width);
    }
}
