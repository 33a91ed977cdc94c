namespace Mlp.Runtime.Statistics;

/// <summary>The chance of exactly k of n, without the cancellation of factorials' logarithms: those of 10^8 rows are 2·10^9, and their rounding alone is 10^-7.</summary>
/// <remarks>Saddle-point expansion (Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000): the errors of Stirling's formula and two deviances, each small where it matters. To about 1e-13.</remarks>
internal static class BinomialPoint
{
    /// <summary>ln(C(n, k)·p^k·(1 − p)^(n − k)).</summary>
    /// <param name="k">0 to n.</param>
    /// <param name="n">At least 0.</param>
    /// <param name="p">0 to 1.</param>
    internal static double LogProbability(long k, long n, double p)
    {
        if (k == 0)
        {
            return n == 0 ? 0 : n * LogOneMinus(p);
        }

        if (k == n)
        {
            return n * Math.Log(p);
        }

        var rest = n - k;
        return StirlingError(n) - StirlingError(k) - StirlingError(rest) - Deviance(k, n * p) - Deviance(rest, n * (1 - p))
            - (0.5 * (Math.Log(2 * Math.PI) + Math.Log(k) + Math.Log((double)rest / n)));
    }

    private static double LogOneMinus(double p) => p < 1e-4 ? -p * (1 + (p * (0.5 + (p * ((1.0 / 3) + (p / 4)))))) : Math.Log(1 - p);

    // ln n! − ln(√(2πn)·(n/e)^n): NIST Digital Library of Mathematical Functions, 5.11.1.
    private static double StirlingError(long n)
    {
        if (n < 16)
        {
            var product = 1.0;
            for (var i = 2; i <= n; i++)
            {
                product *= i;
            }

            return Math.Log(product) - ((n + 0.5) * Math.Log(n)) + n - (0.5 * Math.Log(2 * Math.PI));
        }

        var inverse = 1 / ((double)n * n);
        return ((1.0 / 12) - (inverse * ((1.0 / 360) - (inverse * ((1.0 / 1260) - (inverse * ((1.0 / 1680) - (inverse / 1188)))))))) / n;
    }

    // x·ln(x/m) + m − x, by its series where the three cancel.
    private static double Deviance(double x, double mean)
    {
        if (Math.Abs(x - mean) >= 0.1 * (x + mean))
        {
            return (x * Math.Log(x / mean)) + mean - x;
        }

        var v = (x - mean) / (x + mean);
        var sum = (x - mean) * v;
        var term = 2 * x * v;
        for (var j = 3; ; j += 2)
        {
            term *= v * v;
            var next = sum + (term / j);
            if (next == sum)
            {
                return sum;
            }

            sum = next;
        }
    }
}
