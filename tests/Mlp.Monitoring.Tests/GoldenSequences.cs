namespace Mlp.Monitoring.Tests;

/// <summary>Sequences that need no random numbers, so that another tool can be given the same ones.</summary>
internal static class GoldenSequences
{
    private const double GoldenRatio = 0.6180339887498949;

    /// <summary>frac(i·φ).</summary>
    public static double Golden(int i) => (i * GoldenRatio) - Math.Floor(i * GoldenRatio);

    /// <summary>The van der Corput sequence: the digits of i in a base, mirrored behind the point.</summary>
    public static double VanDerCorput(int i, int radix)
    {
        var sum = 0.0;
        for (var place = 1.0 / radix; i > 0; i /= radix, place /= radix)
        {
            sum += i % radix * place;
        }

        return sum;
    }

    /// <summary>The quantile of the standard normal distribution, by bisection on its distribution function.</summary>
    public static double NormalQuantile(double p) => Runtime.Statistics.NormalDistribution.Quantile(p);
}
