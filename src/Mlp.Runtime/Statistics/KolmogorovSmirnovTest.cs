namespace Mlp.Runtime.Statistics;

/// <summary>The chance that two samples of one continuous distribution have a Kolmogorov-Smirnov statistic D at least as large as the one found, two-sided.</summary>
/// <remarks>With ties the chance is smaller than what is given here: the test stays on the safe side.</remarks>
internal static class KolmogorovSmirnovTest
{
    /// <summary>Rows of the larger side up to which <see cref="PValue"/> counts paths: the rule of scipy.</summary>
    internal const long MaximumExactRows = 10_000;

    /// <summary><see cref="ExactPValue"/> where both sides have at most <see cref="MaximumExactRows"/> rows, else <see cref="AsymptoticPValue"/>: what <c>scipy.stats.ks_2samp</c> gives by default.</summary>
    /// <param name="statistic">D.</param>
    /// <param name="n">Rows of one side, at least 1.</param>
    /// <param name="m">Rows of the other, at least 1.</param>
    internal static double PValue(double statistic, long n, long m)
        => Math.Max(n, m) <= MaximumExactRows ? ExactPValue(statistic, (int)n, (int)m) : AsymptoticPValue(statistic, n, m);

    /// <summary>
    /// The share of all orders of n + m distinct values whose D is at least this one: paths on the lattice from (0, 0) to (n, m) that leave the strip |i/n − j/m| &lt; D
    /// (Hodges, "The Significance Probability of the Smirnov Two-Sample Test", 1957). Takes time n·m·D.
    /// </summary>
    /// <remarks>f(i, j) = (i·f(i − 1, j) + j·f(i, j − 1)) / (i + j) with f = 1 outside: sums of numbers at least 0, so that the far tail keeps its digits.</remarks>
    /// <param name="statistic">D; rounded to the nearest value that it can have.</param>
    /// <param name="n">Rows of one side, at least 1.</param>
    /// <param name="m">Rows of the other, at least 1.</param>
    internal static double ExactPValue(double statistic, int n, int m)
    {
        if (double.IsNaN(statistic))
        {
            return double.NaN;
        }

        var divisor = GreatestCommonDivisor(n, m);
        var height = (long)Math.Round(statistic * (n / divisor) * m);
        if (height <= 0)
        {
            return 1;
        }

        return Math.Clamp(n == m ? Square(n, height) : Strip(Math.Max(n, m), Math.Min(n, m), divisor, height), 0, 1);
    }

    /// <summary>The distribution of the one-sample statistic with n·m/(n + m) rows (rounded to a whole number): the approximation of scipy's <c>method="asymp"</c>.</summary>
    /// <param name="statistic">D.</param>
    /// <param name="n">Rows of one side, above 0; of weighted rows their effective number.</param>
    /// <param name="m">Rows of the other.</param>
    internal static double AsymptoticPValue(double statistic, double n, double m)
        => KolmogorovDistribution.Survival(statistic, Math.Max((long)Math.Round(n * m / (n + m)), 1));

    // n = m: by reflection, 2·Σ_k (−1)^(k−1) C(2n, n − k·h) / C(2n, n), nested so that nothing overflows.
    private static double Square(int n, long height)
    {
        var probability = 0.0;
        for (var k = n / height; k >= 0; k--)
        {
            var ratio = 1.0;
            for (var j = 0L; j < height; j++)
            {
                ratio = (n - (k * height) - j) * ratio / (n + (k * height) + j + 1);
            }

            probability = ratio * (1 - probability);
        }

        return 2 * probability;
    }

    // Column by column over the longer side; of a column only what lies inside the strip is kept.
    private static double Strip(int m, int n, int divisor, long height)
    {
        long stepM = m / divisor;
        long stepN = n / divisor;
        var first = 0;
        var end = (int)Math.Min(CeilingOf(height, stepM), n + 1);
        var outside = new double[Math.Min((2L * end) + 2, n + 1)];
        outside.AsSpan(end).Fill(1);
        for (var i = 1; i <= m; i++)
        {
            var (lastFirst, lastLength) = (first, end - first);
            first = (int)Math.Min(Math.Max(FloorOf((stepN * i) - height, stepM) + 1, 0), n);
            end = (int)Math.Min(CeilingOf((stepN * i) + height, stepM), n + 1);
            if (end <= first)
            {
                return 1;
            }

            var value = first == 0 ? 0.0 : 1.0;
            for (var j = first; j < end; j++)
            {
                value = ((outside[j - lastFirst] * i) + (value * j)) / (i + j);
                outside[j - first] = value;
            }

            if (lastLength > end - first)
            {
                outside.AsSpan(end - first, lastLength - (end - first)).Fill(1);
            }
        }

        return outside[end - first - 1];
    }

    private static long FloorOf(long numerator, long denominator) => (long)Math.Floor((double)numerator / denominator);

    private static long CeilingOf(long numerator, long denominator) => (long)Math.Ceiling((double)numerator / denominator);

    private static int GreatestCommonDivisor(int a, int b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }
}
