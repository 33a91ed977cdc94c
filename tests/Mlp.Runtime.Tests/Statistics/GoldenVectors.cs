using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

/// <summary>
/// The samples of the reference folder's golden/monitoring_golden.py, which need no random numbers; the expected values in the tests are
/// those that scikit-learn 1.2.1, scipy 1.10.1 and numpy 1.24.2 gave on them (golden/monitoring_golden.txt).
/// </summary>
internal static class GoldenVectors
{
    private const double Phi = 0.6180339887498949;

    /// <summary>2,000 quasi-random draws of the standard normal.</summary>
    public static double[] Reference { get; } =
        [.. Enumerable.Range(1, 2000).Select(i => NormalDistribution.Quantile(Math.Clamp(i * Phi % 1.0, 1e-12, 1 - 1e-12)))];

    /// <summary>1,500 quasi-random draws of N(0.3, 1.2²).</summary>
    public static double[] Current { get; } = [.. Enumerable.Range(1, 1500).Select(i => 0.3 + (1.2 * NormalDistribution.Quantile(VanDerCorput(i, 2))))];

    /// <summary>1,000 scores in (0, 1).</summary>
    public static double[] Scores { get; } = [.. Enumerable.Range(1, 1000).Select(i => i * Phi % 1.0)];

    /// <summary>Labels that hold with probability score^1.5: 403 positives.</summary>
    public static byte[] Labels { get; } = [.. Enumerable.Range(1, 1000).Select(i => (byte)(VanDerCorput(i, 3) < Math.Pow(i * Phi % 1.0, 1.5) ? 1 : 0))];

    private static double VanDerCorput(int index, int radix)
    {
        var fraction = 1.0;
        var value = 0.0;
        for (; index > 0; index /= radix)
        {
            fraction /= radix;
            value += fraction * (index % radix);
        }

        return value;
    }
}
