namespace Mlp.Runtime.Statistics;

/// <summary>The chi-square distribution with k degrees of freedom, k a positive integer.</summary>
internal static class ChiSquareDistribution
{
    private const double Precision = 1e-15;

    /// <summary>P(X ≤ x) = P(k/2, x/2), the regularised lower incomplete gamma function, to about 1e-14.</summary>
    /// <remarks>
    /// Series below k/2 + 1, continued fraction by Lentz's method above (Press et al., "Numerical Recipes", 3rd edition, 6.2). Edges: 0 at
    /// x ≤ 0, 1 at +∞; NaN propagates.
    /// </remarks>
    /// <param name="x">The value.</param>
    /// <param name="degreesOfFreedom">k, at least 1.</param>
    internal static double Cumulative(double x, int degreesOfFreedom) => Tails(x, degreesOfFreedom).Lower;

    /// <summary>P(X &gt; x), computed without the cancellation of 1 − P(X ≤ x): relative precision holds in the far tail.</summary>
    /// <param name="x">The value.</param>
    /// <param name="degreesOfFreedom">k, at least 1.</param>
    internal static double Survival(double x, int degreesOfFreedom) => Tails(x, degreesOfFreedom).Upper;

    /// <summary>The value that X exceeds with probability <paramref name="upperTail"/>, to about 1e-12 relative.</summary>
    /// <remarks>
    /// Starts at k·(1 − 2/(9k) + z·√(2/(9k)))³ (Wilson and Hilferty, "The Distribution of Chi-square", 1931; off by up to some percent) and
    /// closes in by Newton steps on the logarithm of the upper tail, which is nearly straight where the tail itself is not, kept inside a bracket. Edges: 0 at 1, +∞ at 0, NaN outside [0, 1].
    /// </remarks>
    /// <param name="upperTail">α, 0 to 1; 0.05 asks for the 95 % point.</param>
    /// <param name="degreesOfFreedom">k, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is below 1.</exception>
    internal static double UpperQuantile(double upperTail, int degreesOfFreedom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreesOfFreedom, 1);
        if (!(upperTail is > 0 and < 1))
        {
            return upperTail == 0 ? double.PositiveInfinity : upperTail == 1 ? 0 : double.NaN;
        }

        var low = 0.0;
        var high = double.PositiveInfinity;
        var x = WilsonHilferty(upperTail, degreesOfFreedom);
        for (var step = 0; step < 200; step++)
        {
            var survival = Survival(x, degreesOfFreedom);
            if (survival > upperTail)
            {
                low = x;
            }
            else
            {
                high = x;
            }

            var next = x + (Math.Log(survival / upperTail) * survival / Density(x, degreesOfFreedom));
            if (!(next > low && next < high))
            {
                next = double.IsFinite(high) ? (low + high) / 2 : (2 * low) + 1;
            }

            if (Math.Abs(next - x) <= 1e-14 * x)
            {
                return next;
            }

            x = next;
        }

        return x;
    }

    private static double WilsonHilferty(double upperTail, int degreesOfFreedom)
    {
        var variance = 2.0 / (9 * degreesOfFreedom);
        var root = 1 - variance - (NormalDistribution.Quantile(upperTail) * Math.Sqrt(variance));
        return Math.Max(degreesOfFreedom * root * root * root, 1e-8 * degreesOfFreedom);
    }

    private static double Density(double x, int degreesOfFreedom)
    {
        var a = degreesOfFreedom / 2.0;
        return 0.5 * Math.Exp(((a - 1) * Math.Log(x / 2)) - (x / 2) - LogGammaOfHalf(degreesOfFreedom));
    }

    private static (double Lower, double Upper) Tails(double x, int degreesOfFreedom)
    {
        if (double.IsNaN(x))
        {
            return (double.NaN, double.NaN);
        }

        if (!(x > 0) || double.IsPositiveInfinity(x))
        {
            return x > 0 ? (1, 0) : (0, 1);
        }

        var a = degreesOfFreedom / 2.0;
        var half = x / 2;
        var scale = Math.Exp((a * Math.Log(half)) - half - LogGammaOfHalf(degreesOfFreedom));
        if (half < a + 1)
        {
            var lower = scale * Series(a, half);
            return (lower, 1 - lower);
        }

        var upper = scale * ContinuedFraction(a, half);
        return (1 - upper, upper);
    }

    private static double Series(double a, double x)
    {
        var term = 1 / a;
        var sum = term;
        for (var n = a + 1; Math.Abs(term) > Math.Abs(sum) * Precision; n++)
        {
            term *= x / n;
            sum += term;
        }

        return sum;
    }

    private static double ContinuedFraction(double a, double x)
    {
        const double tiny = 1e-300;
        var b = x + 1 - a;
        var c = 1 / tiny;
        var d = 1 / b;
        var value = d;
        for (var i = 1; i < 100_000; i++)
        {
            var numerator = -i * (i - a);
            b += 2;
            d = AwayFromZero((numerator * d) + b, tiny);
            c = AwayFromZero(b + (numerator / c), tiny);
            d = 1 / d;
            var factor = d * c;
            value *= factor;
            if (Math.Abs(factor - 1) <= Precision)
            {
                break;
            }
        }

        return value;
    }

    private static double AwayFromZero(double value, double tiny) => Math.Abs(value) < tiny ? tiny : value;

    // ln Γ(k/2): exact recurrence for small k, Stirling's series beyond, where its first omitted term is below 1e-17.
    private static double LogGammaOfHalf(int degreesOfFreedom)
    {
        var a = degreesOfFreedom / 2.0;
        var product = 1.0;
        for (; a < 16; a++)
        {
            product *= a;
        }

        var inverse = 1 / a;
        var square = inverse * inverse;
        var series = (1.0 / 1260) - (square * ((1.0 / 1680) - (square / 1188)));
        var correction = inverse * ((1.0 / 12) - (square * ((1.0 / 360) - (square * series))));
        return ((a - 0.5) * Math.Log(a)) - a + (0.5 * Math.Log(2 * Math.PI)) + correction - Math.Log(product);
    }
}
