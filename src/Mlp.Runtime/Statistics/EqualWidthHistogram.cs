namespace Mlp.Runtime.Statistics;

/// <summary>
/// Bins of equal width over the range of a reference, the last one closed, and one bin more for current values outside: the binning of NannyML. It is blind on a
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

    /// <summary>A given number of bins.</summary>
    /// <param name="ascending">Finite values, ascending, at least one.</param>
    /// <param name="binCount">At least 1.</param>
    internal static EqualWidthHistogram Create(ReadOnlySpan<double> ascending, int binCount)
    {
        var (low, high) = ascending[0] == ascending[^1] ? (ascending[0] - 0.5, ascending[^1] + 0.5) : (ascending[0], ascending[^1]);
        var edges = new double[binCount + 1];
        var step = (high - low) / binCount;
        for (var i = 0; i < binCount; i++)
        {
            edges[i] = i == 0 ? low : (i * step) + low;
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

    /// <summary>Doane's rule for values of which a distribution is known, and their mean and standard deviation.</summary>
    /// <param name="distribution">Not constant; or it has one bin.</param>
    /// <param name="mean">Mean.</param>
    /// <param name="standardDeviation">Divisor n.</param>
    internal static int DoaneBinCount(EmpiricalDistribution distribution, double mean, double standardDeviation)
    {
        var n = distribution.TotalWeight;
        var values = distribution.Values;
        if (n <= 2 || !(standardDeviation > 0 && double.IsFinite(standardDeviation)))
        {
            return 1;
        }

        var (cubes, below) = (0.0, 0.0);
        for (var i = 0; i < values.Length; i++)
        {
            var standardised = (values[i] - mean) / standardDeviation;
            cubes += (distribution.CumulativeWeights[i] - below) * standardised * standardised * standardised;
            below = distribution.CumulativeWeights[i];
        }

        return DoaneBinCount(n, cubes / n, values[^1] - values[0]);
    }

    private static int DoaneBinCount(ReadOnlySpan<double> ascending)
    {
        var n = ascending.Length;
        var summary = NumericSummary.Of(ascending);
        if (n <= 2 || !(summary.StandardDeviation > 0 && double.IsFinite(summary.StandardDeviation)))
        {
            return 1;
        }

        var cubes = 0.0;
        foreach (var value in ascending)
        {
            var standardised = (value - summary.Mean) / summary.StandardDeviation;
            cubes += standardised * standardised * standardised;
        }

        return DoaneBinCount(n, cubes / n, summary.Maximum - summary.Minimum);
    }

    private static int DoaneBinCount(double n, double skewness, double range)
    {
        var scatter = Math.Sqrt(6.0 * (n - 2) / ((n + 1.0) * (n + 3)));
        var width = range / (1 + Math.Log2(n) + Math.Log2(1 + (Math.Abs(skewness) / scatter)));
        return (int)Math.Ceiling(range / width);
    }
}
