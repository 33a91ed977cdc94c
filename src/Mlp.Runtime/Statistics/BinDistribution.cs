namespace Mlp.Runtime.Statistics;

/// <summary>
/// What is known of a distribution when only the counts of its bins are left: each bin's rows stand at one place within it, the same for both sides. Kolmogorov-Smirnov of two of these is the largest
/// distance at the edges, a lower bound of the true one; integrals over the values are off by at most the width of a bin.
/// </summary>
internal static class BinDistribution
{
    /// <summary>The distribution of the values of a feature; missing ones are left out.</summary>
    /// <param name="profile">The reference, whose bins are counted.</param>
    /// <param name="weights">Weight per bin, in the order of <see cref="FeatureProfile.BinCounts"/>.</param>
    internal static EmpiricalDistribution Of(NumericFeatureProfile profile, ReadOnlySpan<double> weights)
    {
        var edges = profile.Edges;
        var values = new double[edges.Length + 1];
        var cumulative = new double[edges.Length + 1];
        var sum = 0.0;
        for (var b = 0; b < values.Length; b++)
        {
            values[b] = edges.IsEmpty ? 0 : b == 0 ? Outer(profile.Minimum, edges[0], Math.BitDecrement(edges[0])) : b == edges.Length ? Outer(profile.Maximum, edges[^1], edges[^1]) : edges[b - 1] + ((edges[b] - edges[b - 1]) / 2);
            sum += weights[b];
            cumulative[b] = sum;
        }

        return new(values, cumulative);
    }

    private static double Outer(double end, double edge, double innermost) => double.IsFinite(end) && end != edge ? edge + ((end - edge) / 2) : innermost;
}
