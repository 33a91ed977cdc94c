namespace Mlp.Runtime.Statistics;

/// <summary>Corrects p-values for the number of tests that were made: of 100 stable features, five have p below 0.05.</summary>
/// <remarks>NaN stays NaN and does not count as a test. What comes out is compared with the significance as it is.</remarks>
internal static class PValueCorrection
{
    /// <summary>
    /// Bounds the expected share of false alarms among the alarms: the k-th smallest of m values becomes min over j ≥ k of p_j·m/j (Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995).
    /// Where nothing drifts at all this is the chance of any alarm.
    /// </summary>
    /// <param name="pValues">Each 0 to 1, or NaN.</param>
    /// <returns>Adjusted values in the same order.</returns>
    internal static double[] BenjaminiHochberg(ReadOnlySpan<double> pValues)
    {
        var adjusted = pValues.ToArray();
        var order = Enumerable.Range(0, adjusted.Length).Where(i => !double.IsNaN(adjusted[i])).ToArray();
        Array.Sort(order, (a, b) => adjusted[a].CompareTo(adjusted[b]));
        var smallest = 1.0;
        for (var k = order.Length; k > 0; k--)
        {
            smallest = Math.Min(smallest, adjusted[order[k - 1]] * order.Length / k);
            adjusted[order[k - 1]] = smallest;
        }

        return adjusted;
    }

    /// <summary>Bounds the chance of any false alarm: min(1, m·p). Stricter than <see cref="BenjaminiHochberg"/>.</summary>
    /// <param name="pValues">Each 0 to 1, or NaN.</param>
    /// <returns>Adjusted values in the same order.</returns>
    internal static double[] Bonferroni(ReadOnlySpan<double> pValues)
    {
        var adjusted = pValues.ToArray();
        var count = adjusted.Count(p => !double.IsNaN(p));
        for (var i = 0; i < adjusted.Length; i++)
        {
            adjusted[i] = Math.Min(adjusted[i] * count, 1);
        }

        return adjusted;
    }
}
