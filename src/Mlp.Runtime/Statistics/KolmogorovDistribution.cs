namespace Mlp.Runtime.Statistics;

/// <summary>The distribution of the one-sample two-sided Kolmogorov-Smirnov statistic D_n of n rows of a continuous distribution.</summary>
/// <remarks>
/// After Simard and L'Ecuyer, "Computing the Two-Sided Kolmogorov-Smirnov Distribution", 2011, which scipy's <c>kstwo</c> follows too: exact formulas at both ends, Marsaglia's matrix for few
/// rows, twice the one-sided chance in the tail, the series of Pelz and Good between. Agrees with scipy to 1e-7 relative for p above 1e-9 and better where p is larger; beyond 10,000 rows the tail is an expansion, which loses digits there slowly (5e-5 at p = 1e-14).
/// </remarks>
internal static class KolmogorovDistribution
{
    private const long SmallRows = 140;
    private const long MaximumSummedRows = 10_000;

    /// <summary>P(D_n ≥ x).</summary>
    /// <param name="x">The statistic.</param>
    /// <param name="n">Rows, at least 1.</param>
    internal static double Survival(double x, long n)
    {
        if (double.IsNaN(x))
        {
            return double.NaN;
        }

        var t = n * x;
        if (t <= 0.5 || x >= 1)
        {
            return x >= 1 ? 0 : 1;
        }

        if (t <= 1)
        {
            return 1 - LowEnd(t, n);
        }

        var square = t * x;
        if (x >= 0.5 || square >= (n <= SmallRows ? 4 : 2.2))
        {
            return Math.Min(2 * OneSidedSurvival(x, n), 1);
        }

        var cumulative = n <= SmallRows || (n <= 100_000 && n * Math.Pow(x, 1.5) <= 1.4) ? Matrix(x, n) : PelzGood(x, n);
        return Math.Clamp(1 - cumulative, 0, 1);
    }

    // n!·((2t − 1)/n)^n, for t = n·x between 1/2 and 1.
    private static double LowEnd(double t, long n)
    {
        var product = 1.0;
        for (var i = 1L; i <= n && product > 0; i++)
        {
            product *= i * ((2 * t) - 1) / n;
        }

        return product;
    }

    /// <summary>
    /// P(D⁺_n ≥ x) = x·Σ_j C(n, j)·(x + j/n)^(j − 1)·(1 − x − j/n)^(n − j) for j up to n·(1 − x) (Birnbaum and Tingey, 1951); beyond 10,000 rows an expansion.
    /// </summary>
    private static double OneSidedSurvival(double x, long n)
    {
        if (n > MaximumSummedRows)
        {
            return ExpandedTail(Math.Sqrt(n) * x, n);
        }

        var sum = Math.Pow(1 - x, n);
        var logChoose = 0.0;
        for (var j = 1L; j <= n && x + ((double)j / n) < 1; j++)
        {
            logChoose += Math.Log((double)(n - j + 1) / j);
            var share = (double)j / n;
            sum += x * Math.Exp(logChoose + ((j - 1) * Math.Log(x + share)) + ((n - j) * Math.Log(1 - x - share)));
        }

        return sum;
    }

    // To n^(−3/2) (Li-Chien Chang, 1956); where it no longer converges, in a tail below 1e-21, exp(−2·(n·x + 1/6)²/n) (Maag and Dicaire, 1971).
    private static double ExpandedTail(double z, long n)
    {
        var root = Math.Sqrt(n);
        if (z > 5)
        {
            var shifted = (z * root) + (1.0 / 6);
            return Math.Exp(-2 * shifted * shifted / n);
        }

        var z2 = z * z;
        return Math.Exp(-2 * z2)
            * (1 - (2 * z / (3 * root)) + (2 * z2 / (3 * n) * (1 - (2 * z2 / 3))) + (4 * z / (9 * n * root) * (0.2 - (19 * z2 / 15) + (2 * z2 * z2 / 3))));
    }

    // Durbin's matrix by Marsaglia, Tsang and Wang, "Evaluating Kolmogorov's Distribution", 2003: n!/n^n times the middle of H^n.
    private static double Matrix(double x, long n)
    {
        var k = (int)(n * x) + 1;
        var size = (2 * k) - 1;
        var h = k - (n * x);
        var matrix = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= Math.Min(i + 1, size - 1); j++)
            {
                matrix[(i * size) + j] = 1;
            }
        }

        for (var i = 0; i < size; i++)
        {
            matrix[i * size] -= Math.Pow(h, i + 1);
            matrix[((size - 1) * size) + i] -= Math.Pow(h, size - i);
        }

        matrix[(size - 1) * size] += (2 * h) - 1 > 0 ? Math.Pow((2 * h) - 1, size) : 0;
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                for (var g = 1; g <= i - j + 1; g++)
                {
                    matrix[(i * size) + j] /= g;
                }
            }
        }

        var (power, exponent) = Power(matrix, size, n);
        var value = power[((k - 1) * size) + k - 1];
        for (var i = 1L; i <= n; i++)
        {
            value = value * i / n;
            if (value < 1e-140)
            {
                value *= 1e140;
                exponent -= 140;
            }
        }

        return value * Math.Pow(10, exponent);
    }

    private static (double[] Power, int Exponent) Power(double[] matrix, int size, long n)
    {
        if (n == 1)
        {
            return (matrix, 0);
        }

        var (half, exponent) = Power(matrix, size, n / 2);
        var power = Multiply(half, half, size);
        exponent *= 2;
        if (n % 2 != 0)
        {
            power = Multiply(matrix, power, size);
        }

        if (power[((size / 2) * size) + (size / 2)] > 1e140)
        {
            for (var i = 0; i < power.Length; i++)
            {
                power[i] *= 1e-140;
            }

            exponent += 140;
        }

        return (power, exponent);
    }

    private static double[] Multiply(double[] a, double[] b, int size)
    {
        var product = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < size; k++)
            {
                var factor = a[(i * size) + k];
                for (var j = 0; j < size; j++)
                {
                    product[(i * size) + j] += factor * b[(k * size) + j];
                }
            }
        }

        return product;
    }

    // K0 + K1/√n + K2/n + K3/n^1.5 (Pelz and Good, "Approximating the Lower Tail-Areas of the Kolmogorov-Smirnov One-Sample Statistic", 1976).
    private static double PelzGood(double x, long n)
    {
        const double piSquared = Math.PI * Math.PI;
        var root = Math.Sqrt(n);
        var z = root * x;
        var z2 = z * z;
        var z4 = z2 * z2;
        var z6 = z4 * z2;
        var (k0, k1, k2, k3) = (0.0, 0.0, 0.0, 0.0);
        var (k2Whole, k3Whole) = (0.0, 0.0);
        for (var k = 0; k < 20; k++)
        {
            var half = piSquared * (k + 0.5) * (k + 0.5);
            var weight = Math.Exp(-half / (2 * z2));
            k0 += weight;
            k1 += (half - z2) * weight;
            k2 += ((6 * z6) + (2 * z4) + (half * ((2 * z4) - (5 * z2))) + (half * half * (1 - (2 * z2)))) * weight;
            k3 += ((-30 * z6) - (90 * z4 * z4) + (half * ((135 * z4) - (96 * z6))) + (half * half * ((212 * z4) - (60 * z2))) + (half * half * half * (5 - (30 * z2)))) * weight;
            var whole = piSquared * k * k;
            var wholeWeight = Math.Exp(-whole / (2 * z2));
            k2Whole += whole * wholeWeight;
            k3Whole += ((3 * whole * z2) - (whole * whole)) * wholeWeight;
        }

        // Each sum runs over both signs of k: twice what was added up.
        var scale = 2 * Math.Sqrt(Math.PI / 2);
        return (scale * k0 / z)
            + (scale * k1 / (6 * z4) / root)
            + (scale * ((k2 / (72 * z6 * z)) - (k2Whole / (36 * z2 * z))) / n)
            + (scale * ((k3 / (6480 * z6 * z4)) + (k3Whole / (216 * z6))) / (n * root));
    }
}
