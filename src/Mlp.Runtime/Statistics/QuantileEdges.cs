namespace Mlp.Runtime.Statistics;

/// <summary>Chooses the bin edges of a numeric reference column.</summary>
internal static class QuantileEdges
{
    /// <summary>
    /// The inner quantiles of a reference as ascending edges for <see cref="BinSearch"/>; at most <paramref name="binCount"/> − 1 of them.
    /// The outer bins are open-ended.
    /// </summary>
    /// <remarks>
    /// A quantile that occurs more than once is a value that holds at least 1/B of the rows, and becomes a bin of its own: its edges are
    /// the value and the next representable number. So nothing hides beside a frequent value (the many zeros of a sparse feature), and a
    /// constant reference gets the three bins below, equal and above: whatever leaves the value is drift. Equal-width bins are blind there,
    /// and one outlier blinds them everywhere.
    /// Edges: no values give no edges, which is one bin.
    /// </remarks>
    /// <param name="ascending">Finite values, ascending, without -0.</param>
    /// <param name="binCount">B, at least 2.</param>
    /// <param name="isSingle">True where the values are float32: edges are then rounded to float32, so that a column compares alike in
    /// either type.</param>
    internal static double[] Choose(ReadOnlySpan<double> ascending, int binCount, bool isSingle)
    {
        var edges = new List<double>(binCount - 1);
        for (var i = 1; !ascending.IsEmpty && i < binCount;)
        {
            var quantile = At(ascending, i, binCount, isSingle);
            var run = 1;
            while (i + run < binCount && At(ascending, i + run, binCount, isSingle) == quantile)
            {
                run++;
            }

            Append(edges, quantile);
            if (run > 1)
            {
                Append(edges, isSingle ? MathF.BitIncrement((float)quantile) : Math.BitIncrement(quantile));
            }

            i += run;
        }

        return [.. edges];
    }

    /// <summary>
    /// The quantile by linear interpolation, Hyndman and Fan's type 7 ("Sample Quantiles in Statistical Packages", 1996), with numpy's
    /// arithmetic.
    /// </summary>
    /// <param name="ascending">Finite values, ascending, at least one.</param>
    /// <param name="share">0 to 1.</param>
    internal static double Linear(ReadOnlySpan<double> ascending, double share)
    {
        var position = (ascending.Length - 1) * share;
        var below = Math.Min((int)position, ascending.Length - 1);
        var above = Math.Min(below + 1, ascending.Length - 1);
        var (low, high, fraction) = (ascending[below], ascending[above], position - below);
        var gap = high - low;
        if (double.IsInfinity(gap))
        {
            return (low * (1 - fraction)) + (high * fraction);
        }

        return fraction < 0.5 ? low + (gap * fraction) : high - (gap * (1 - fraction));
    }

    private static double At(ReadOnlySpan<double> ascending, int index, int binCount, bool isSingle)
    {
        var quantile = Linear(ascending, index * (1.0 / binCount));
        return isSingle ? (float)quantile : quantile;
    }

    private static void Append(List<double> edges, double edge)
    {
        // Neighbouring frequent values share an edge.
        if (edges.Count == 0 || edge > edges[^1])
        {
            edges.Add(edge);
        }
    }
}
