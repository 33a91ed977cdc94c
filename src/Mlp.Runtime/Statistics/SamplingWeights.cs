namespace Mlp.Runtime.Statistics;

/// <summary>Weights of rows that were drawn with unequal chances: each row stands for as many rows as its weight says.</summary>
internal static class SamplingWeights
{
    /// <summary>Refuses weights that no row can have.</summary>
    /// <param name="weights">Shape (rows).</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <exception cref="ArgumentException">Lengths differ, or a weight is not finite or not above 0.</exception>
    internal static void Require(ReadOnlySpan<double> weights, int rowCount)
    {
        if (weights.Length != rowCount)
        {
            throw new ArgumentException($"Expected one weight per row, but found {rowCount} rows and {weights.Length} weights.", nameof(weights));
        }

        for (var i = 0; i < weights.Length; i++)
        {
            if (!IsValid(weights[i]))
            {
                throw new ArgumentException($"Expected every weight to be finite and above 0, but found another one at row {i}.", nameof(weights));
            }
        }
    }

    /// <summary>Whether a row can have a weight.</summary>
    /// <param name="weight">The weight.</param>
    internal static bool IsValid(double weight) => weight > 0 && double.IsFinite(weight);

    /// <summary>How many rows of equal weight say as much: (Σ w)² / Σ w².</summary>
    /// <param name="weights">Shape (rows), above 0.</param>
    internal static double EffectiveCount(ReadOnlySpan<double> weights)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var weight in weights)
        {
            sum += weight;
            squares += weight * weight;
        }

        return sum * sum / squares;
    }
}
