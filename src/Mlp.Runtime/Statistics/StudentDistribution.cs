using MathNet.Numerics.Distributions;

namespace Mlp.Runtime.Statistics;

/// <summary>Student's t distribution.</summary>
internal static class StudentDistribution
{
    /// <summary>The value that a t of these degrees of freedom stays below with a probability.</summary>
    /// <param name="probability">Above 0 and below 1.</param>
    /// <param name="freedom">Degrees of freedom, above 0.</param>
    internal static double Quantile(double probability, double freedom) => StudentT.InvCDF(0, 1, freedom, probability);

    /// <summary>The probability of a t at least as far from 0.</summary>
    /// <param name="t">The value; NaN gives NaN.</param>
    /// <param name="freedom">Degrees of freedom, above 0.</param>
    internal static double TwoSided(double t, double freedom) => double.IsNaN(t) ? double.NaN : 2 * StudentT.CDF(0, 1, freedom, -Math.Abs(t));
}
