namespace Mlp.Runtime.Statistics;

/// <summary>Location and spread of finite values.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="StandardDeviation">Standard deviation with divisor n.</param>
/// <param name="Minimum">Smallest value.</param>
/// <param name="Maximum">Largest value.</param>
internal readonly record struct NumericSummary(double Mean, double StandardDeviation, double Minimum, double Maximum)
{
    /// <summary>Summarises; all NaN without values. Two passes, so that a large mean does not swallow a small spread.</summary>
    /// <param name="ascending">Finite values, ascending.</param>
    internal static NumericSummary Of(ReadOnlySpan<double> ascending)
    {
        if (ascending.IsEmpty)
        {
            return new(double.NaN, double.NaN, double.NaN, double.NaN);
        }

        if (ascending[0] == ascending[^1])
        {
            return new(ascending[0], 0, ascending[0], ascending[0]);
        }

        var mean = Summation.Sum(ascending) / ascending.Length;
        return new(mean, Math.Sqrt(Summation.SumOfSquaredDeviations(ascending, mean) / ascending.Length), ascending[0], ascending[^1]);
    }
}
