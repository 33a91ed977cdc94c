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
        var rate = (double)errors / calls;
        var term = Math.Exp(BinomialPoint.LogProbability(errorsA, callsA, rate) + BinomialPoint.LogProbability(errorsB, callsB, rate) - BinomialPoint.LogProbability(errors, calls, rate));
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

        var term = Math.Exp(BinomialPoint.LogProbability(errors, calls, rate));
        var sum = term;
        for (var i = errors; i < calls && term > sum * Negligible; i++)
        {
            term *= (calls - i) * rate / ((i + 1) * (1 - rate));
            sum += term;
        }

        return Math.Min(sum, 1);
    }
}
