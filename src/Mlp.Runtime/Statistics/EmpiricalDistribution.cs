namespace Mlp.Runtime.Statistics;

/// <summary>
/// The distribution function of a sample, or of a sketch that stands for one: a step at each distinct value. Two of these are all that a test for drift needs to know. Immutable; keeps the arrays it is given.
/// </summary>
internal sealed class EmpiricalDistribution
{
    private readonly double[] _values;
    private readonly double[] _cumulativeWeights;

    /// <summary>Takes the steps.</summary>
    /// <param name="values">Distinct finite values, strictly ascending.</param>
    /// <param name="cumulativeWeights">For each of them, the weight of all values up to and including it, ascending; of rows without weights, their number.</param>
    /// <param name="rankError">How far the share of values at or below any value may be from the truth: 0 for a sample, the bound of the sketch otherwise.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public EmpiricalDistribution(double[] values, double[] cumulativeWeights, double rankError = 0)
    {
        if (values.Length != cumulativeWeights.Length)
        {
            throw new ArgumentException($"Expected a weight for each of {values.Length} values, but found {cumulativeWeights.Length}.", nameof(cumulativeWeights));
        }

        _values = values;
        _cumulativeWeights = cumulativeWeights;
        RankError = rankError;
    }

    /// <summary>Distinct values, strictly ascending.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>The weight of all values up to and including each of <see cref="Values"/>.</summary>
    public ReadOnlySpan<double> CumulativeWeights => _cumulativeWeights;

    /// <summary>The weight of all values; 0 where there are none.</summary>
    public double TotalWeight => _cumulativeWeights.Length == 0 ? 0 : _cumulativeWeights[^1];

    /// <summary>How far the share of values at or below any value may be from the truth, 0 to 1.</summary>
    public double RankError { get; }

    /// <summary>The relative accuracy of the DDSketch whose bins are the steps; null for steps that are values, or of another sketch, or where bins were folded together.</summary>
    /// <remarks>Two of one accuracy have their steps at the same values: the largest difference of their distribution functions is never above the true one.</remarks>
    public double? GridAccuracy { get; init; }
}
