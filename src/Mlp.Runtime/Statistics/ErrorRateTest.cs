namespace Mlp.Runtime.Statistics;

/// <summary>Exact one-sided tests of error rates: right for any number of calls, also where there are hardly any errors. Pure functions.</summary>
internal static class ErrorRateTest
{
    /// <summary>Terms this much smaller than the sum no longer change it.</summary>
    private const double Negligible = 1e-16;

    /// <summary>
    /// How likely at least as many of all errors fall on A when both fail equally often: the upper tail of the hypergeometric distribution (Fisher, Statistical Methods for Research Workers,
    /// section 21.02). Σ C(nA, i) C(nB, e - i) / C(nA + nB, e) for i from eA to min(nA, e), with e errors in all.
    /// </summary>
    /// <param name="errorsA">Errors of A, 0 to its calls.</param>
    /// <param name="callsA">Calls of A.</param>
    /// <param name="errorsB">Errors of B, 0 to its calls.</param>
    /// <param name="callsB">Calls of B.</param>
    /// <returns>The p-value that A fails more often than B, 0 to 1; 1 where A or B has no calls, or A no more errors than its share of the calls.</returns>
    public static double HigherThan(long errorsA, long callsA, long errorsB, long callsB)
    {
        var errors = errorsA + errorsB;
        var calls = callsA + callsB;
        if (callsA == 0 || callsB == 0 || (double)errorsA * calls <= (double)errors * callsA)
        {
            return 1;
        }

        // From the mean on, each term is smaller than the one before.
        var term = Math.Exp(LogChoose(callsA, errorsA) + LogChoose(callsB, errorsB) - LogChoose(calls, errors));
        var sum = term;
        for (var i = errorsA; i < Math.Min(callsA, errors) && term > sum * Negligible; i++)
        {
            term *= (double)(callsA - i) * (errors - i) / ((double)(i + 1) * (callsB - errors + i + 1));
            sum += term;
        }

        return Math.Min(sum, 1);
    }

    /// <summary>
    /// How likely at least that many errors are when calls fail at a rate: the upper tail of the binomial distribution, Σ C(n, i) r^i (1 - r)^(n - i) for i from e to n.
    /// </summary>
    /// <param name="errors">Errors, 0 to the calls.</param>
    /// <param name="calls">Calls.</param>
    /// <param name="rate">The rate, 0 to 1.</param>
    /// <returns>The p-value that calls fail more often than that, 0 to 1; 1 where no more have failed than the rate lets expect.</returns>
    public static double HigherThan(long errors, long calls, double rate)
    {
        if (errors <= rate * calls)
        {
            return 1;
        }

        if (rate == 0)
        {
            return 0;
        }

        var term = Math.Exp(LogChoose(calls, errors) + (errors * Math.Log(rate)) + ((calls - errors) * Math.Log(1 - rate)));
        var sum = term;
        for (var i = errors; i < calls && term > sum * Negligible; i++)
        {
            term *= (calls - i) * rate / ((i + 1) * (1 - rate));
            sum += term;
        }

        return Math.Min(sum, 1);
    }

    private static double LogChoose(long n, long k) => LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k);

    /// <summary>Stirling's series (NIST Digital Library of Mathematical Functions, 5.11.1) to an error below 1e-14; below 16 the product.</summary>
    private static double LogFactorial(long n)
    {
        if (n < 16)
        {
            var product = 1.0;
            for (var i = 2; i <= n; i++)
            {
                product *= i;
            }

            return Math.Log(product);
        }

        var x = n + 1.0;
        var inverse = 1 / (x * x);
        var series = (1.0 / 12) - (inverse * ((1.0 / 360) - (inverse * ((1.0 / 1260) - (inverse * ((1.0 / 1680) - (inverse / 1188)))))));
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + (series / x);
    }
}
