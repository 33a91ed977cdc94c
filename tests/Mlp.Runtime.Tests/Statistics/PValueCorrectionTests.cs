using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class PValueCorrectionTests
{
    // Table 1 of Benjamini and Hochberg (1995): 15 tests, of which the four smallest hold at 0.05 and Bonferroni keeps three.
    private static readonly double[] Thrombolysis = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0];

    [Fact]
    public void BenjaminiHochberg_ExampleOfThePaper_KeepsFour()
    {
        var shuffled = Thrombolysis.Reverse().ToArray();

        Assert.Equal(4, PValueCorrection.BenjaminiHochberg(shuffled).Count(p => p <= 0.05));
        Assert.Equal(3, PValueCorrection.Bonferroni(shuffled).Count(p => p <= 0.05));
        Assert.Equal(0.0095 * 15 / 4, PValueCorrection.BenjaminiHochberg(shuffled)[11], 1e-15);
    }

    [Fact]
    public void Corrections_NaN_IsNoTest()
    {
        Assert.Equal([0.04, double.NaN, 0.04], PValueCorrection.BenjaminiHochberg([0.02, double.NaN, 0.04]));
        Assert.Equal([0.04, double.NaN, 0.08], PValueCorrection.Bonferroni([0.02, double.NaN, 0.04]));
        Assert.Empty(PValueCorrection.BenjaminiHochberg([]));
    }

    [Property(MaxTest = 200)]
    public bool Corrections_AnyValues_LieBetweenThePlainAndBonferroni(int seed)
    {
        var random = new Random(seed);
        double[] p = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => Math.Pow(random.NextDouble(), 3))];
        var adjusted = PValueCorrection.BenjaminiHochberg(p);
        var strict = PValueCorrection.Bonferroni(p);
        return Enumerable.Range(0, p.Length).All(i => p[i] <= adjusted[i] + 1e-15 && adjusted[i] <= strict[i] + 1e-15 && strict[i] <= 1
            && Enumerable.Range(0, p.Length).All(j => p[i] > p[j] || adjusted[i] <= adjusted[j]));
    }
}
