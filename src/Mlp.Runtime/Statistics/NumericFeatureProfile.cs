using System.Collections.Immutable;

namespace Mlp.Runtime.Statistics;

/// <summary>A numeric feature in the reference. Immutable; safe for use by many threads.</summary>
/// <remarks>
/// With E edges there are E + 1 bins of values: bin 0 is (−∞, e_0), bin b is [e_{b−1}, e_b), the last is [e_{E−1}, +∞]: a value equal to an
/// edge goes to the upper bin. The edges are the inner quantiles of the reference. A value that holds so many rows that several quantiles
/// fall on it has a bin of its own (its edges are the value and the next representable number), and a constant reference therefore has the
/// bins below, equal and above.
/// </remarks>
public sealed class NumericFeatureProfile : FeatureProfile
{
    internal NumericFeatureProfile(
        string name, long rowCount, long missingCount, NumericSummary summary, ImmutableArray<double> edges, ImmutableArray<long> counts)
        : base(name, rowCount, missingCount)
    {
        if (counts.Length != edges.Length + 1)
        {
            throw new ArgumentException(
                $"Expected {edges.Length + 1} counts for the {edges.Length} edges of feature '{name}', but found {counts.Length}.",
                nameof(counts));
        }

        for (var i = 0; i < edges.Length; i++)
        {
            if (double.IsNaN(edges[i]) || (i > 0 && !(edges[i] > edges[i - 1])))
            {
                throw new ArgumentException(
                    $"Expected the edges of feature '{name}' to ascend, but found otherwise at edge {i}.",
                    nameof(edges));
            }
        }

        BinCounts = counts.Add(missingCount);
        ThrowIfNotAllRows(name, BinCounts.AsSpan(), rowCount);
        Summary = summary;
        Edges = edges;
        Counts = counts;
        Bins = new(edges.AsSpan());
    }

    /// <summary>Mean of the finite values; NaN where there are none.</summary>
    public double Mean => Summary.Mean;

    /// <summary>Standard deviation of the finite values with divisor n (population); NaN where there are none.</summary>
    public double StandardDeviation => Summary.StandardDeviation;

    /// <summary>Smallest finite value; NaN where there are none.</summary>
    public double Minimum => Summary.Minimum;

    /// <summary>Largest finite value; NaN where there are none.</summary>
    public double Maximum => Summary.Maximum;

    /// <summary>Inner bin edges, strictly ascending; empty where the reference has no finite value.</summary>
    public ImmutableArray<double> Edges { get; }

    /// <summary>Rows per bin of values, one more than <see cref="Edges"/>; infinities count in the outer bins.</summary>
    public ImmutableArray<long> Counts { get; }

    /// <summary><see cref="Counts"/>, then the missing rows.</summary>
    public override ImmutableArray<long> BinCounts { get; }

    /// <summary>True where all values of the reference are one and the same.</summary>
    public bool IsConstant => Minimum == Maximum && Counts.Count(count => count > 0) == 1;

    /// <summary>
    /// The same rows over bins of equal width, as many as Doane's rule says: the bins of NannyML, whose last one is closed, and one bin on either side for what lies outside. Null where the reference is constant or has no finite value, and in a
    /// profile that was written before there were any.
    /// </summary>
    public NumericFeatureProfile? EqualWidth { get; internal init; }

    internal NumericSummary Summary { get; }

    internal NumericBins Bins { get; }
}
