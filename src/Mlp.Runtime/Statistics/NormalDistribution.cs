using MathNet.Numerics;

namespace Mlp.Runtime.Statistics;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    /// <summary>
    /// Φ⁻¹(p), with a relative error of about 1e-16: algorithm AS 241, PPND16 (Wichura, "The Percentage Points of the Normal Distribution",
    /// Applied Statistics 37, 1988).
    /// </summary>
    /// <remarks>Edges: −∞ at 0, +∞ at 1, NaN outside [0, 1] and at NaN.</remarks>
    /// <param name="probability">p, 0 to 1.</param>
    internal static double Quantile(double probability)
    {
        var centered = probability - 0.5;
        if (Math.Abs(centered) <= 0.425)
        {
            var r = 0.180625 - (centered * centered);
            return centered * Ratio(r, CentralNumerator, CentralDenominator);
        }

        var tail = centered < 0 ? probability : 1 - probability;
        if (!(tail > 0))
        {
            return tail == 0 ? Math.CopySign(double.PositiveInfinity, centered) : double.NaN;
        }

        var distance = Math.Sqrt(-Math.Log(tail));
        var magnitude = distance <= 5
            ? Ratio(distance - 1.6, MiddleNumerator, MiddleDenominator)
            : Ratio(distance - 5, FarNumerator, FarDenominator);
        return Math.CopySign(magnitude, centered);
    }

    /// <summary>The probability of a value at least as far from 0.</summary>
    /// <param name="z">The value; NaN gives NaN.</param>
    internal static double TwoSided(double z) => SpecialFunctions.Erfc(Math.Abs(z) / Math.Sqrt(2));

    /// <summary>Coefficients of the ratio within 0.425 of the median, in (0.180625 − (p − 0.5)²), the constant first.</summary>
    internal static ReadOnlySpan<double> CentralNumerator =>
    [
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ];

    /// <inheritdoc cref="CentralNumerator"/>
    internal static ReadOnlySpan<double> CentralDenominator =>
    [
        1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
    ];

    /// <summary>Coefficients of the ratio beyond that up to a tail of 1.4e-11, in (√(−ln tail) − 1.6), the constant first.</summary>
    internal static ReadOnlySpan<double> MiddleNumerator =>
    [
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ];

    /// <inheritdoc cref="MiddleNumerator"/>
    internal static ReadOnlySpan<double> MiddleDenominator =>
    [
        1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ];

    private static ReadOnlySpan<double> FarNumerator =>
    [
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ];

    private static ReadOnlySpan<double> FarDenominator =>
    [
        1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ];

    private static double Ratio(double r, ReadOnlySpan<double> numerator, ReadOnlySpan<double> denominator)
    {
        var above = 0.0;
        var below = 0.0;
        for (var i = numerator.Length - 1; i >= 0; i--)
        {
            above = (above * r) + numerator[i];
            below = (below * r) + denominator[i];
        }

        return above / below;
    }

    /// <summary>Φ(z), the probability of a value up to z, with a small relative error in the lower tail too.</summary>
    /// <param name="z">The value; NaN gives NaN.</param>
    internal static double Cumulative(double z) => 0.5 * MathNet.Numerics.SpecialFunctions.Erfc(-z / Math.Sqrt(2));
}
