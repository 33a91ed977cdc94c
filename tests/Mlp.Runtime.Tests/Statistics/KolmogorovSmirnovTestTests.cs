using System.Globalization;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Statistics;

public class KolmogorovSmirnovTestTests
{
    [Fact]
    public void PValue_GoldenSamples_GiveTheValuesOfScipy()
    {
        Assert.Equal(1.3677737687335585e-12, KolmogorovSmirnovTest.PValue(0.1275, 2000, 1500), 1e-18);
        Assert.Equal(1.3248287975596936e-12, KolmogorovSmirnovTest.AsymptoticPValue(0.1275, 2000, 1500), 1e-20);
    }

    [ScikitLearnFact]
    public void ExactPValue_AllSizes_EqualsScipy()
    {
        (int N, int M, int Height)[] cases =
        [
            (1, 1, 1), (5, 5, 2), (5, 5, 5), (8, 8, 3), (40, 40, 11), (300, 300, 25), (300, 300, 120), (7, 3, 4), (7, 3, 21), (12, 8, 5), (12, 8, 14), (100, 37, 400), (100, 37, 3000),
            (500, 499, 20_000), (2000, 1500, 500), (2000, 1500, 900), (1500, 2000, 60), (64, 16, 20),
        ];
        var scipy = ScikitLearn.Run(
            """
            from scipy.stats import _stats_py as s
            import math
            p = []
            for a, b, k in zip(n.astype(int), m.astype(int), h.astype(int)):
                a, b, k = int(a), int(b), int(k)
                g = math.gcd(a, b)
                p.append(s._attempt_exact_2kssamp(a, b, g, k / (a // g * b), 'two-sided')[2])
            out['p'] = p
            """,
            ("n", cases.Select(c => (double)c.N)),
            ("m", cases.Select(c => (double)c.M)),
            ("h", cases.Select(c => (double)c.Height)))["p"];

        Assert.All(cases.Zip(scipy), pair =>
        {
            var (n, m, height) = pair.First;
            AssertRelative(pair.Second, KolmogorovSmirnovTest.ExactPValue(height / ((double)n / Divisor(n, m) * m), n, m), 1e-9, pair.First.ToString());
        });
    }

    [ScikitLearnFact]
    public void Survival_WholeRange_EqualsScipy()
    {
        var cases = (from n in new[] { 1, 2, 5, 10, 50, 139, 141, 500, 857, 2_000, 9_999, 10_001, 50_000, 200_000 }
                     from z in new[] { 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.48, 1.5, 1.7, 2.0, 2.5, 4.0 }
                     let x = z / Math.Sqrt(n)
                     where x < 1
                     select (N: n, X: x)).ToArray();
        var scipy = ScikitLearn.Run(
            "from scipy.stats import kstwo\nout['p'] = [kstwo.sf(d, int(k)) for d, k in zip(x, n)]",
            ("x", cases.Select(c => c.X)),
            ("n", cases.Select(c => (double)c.N)))["p"];

        // Beyond 10,000 rows the tail is an expansion: 5e-5 relative at p = 1e-14.
        Assert.All(cases.Zip(scipy), pair => AssertRelative(
            pair.Second,
            KolmogorovDistribution.Survival(pair.First.X, pair.First.N),
            pair.First.N > 10_000 && pair.Second < 1e-3 ? 1e-4 : 1e-7,
            pair.First.ToString()));
    }

    [Fact]
    public void PValue_Edges_AreDefined()
    {
        Assert.Equal(1, KolmogorovSmirnovTest.PValue(0, 10, 7));
        Assert.Equal(1, KolmogorovSmirnovTest.AsymptoticPValue(0, 10, 7));
        Assert.Equal(0, KolmogorovSmirnovTest.AsymptoticPValue(1, 20_000, 7));
        Assert.True(double.IsNaN(KolmogorovSmirnovTest.PValue(double.NaN, 10, 7)));
        Assert.True(double.IsNaN(KolmogorovSmirnovTest.AsymptoticPValue(double.NaN, 10, 7)));

        // Two orders of the 252 separate 5 from 5.
        Assert.Equal(2.0 / 252, KolmogorovSmirnovTest.ExactPValue(1, 5, 5), 1e-15);
    }

    [Fact]
    public void PValue_SamplesWithoutDifference_AreBelowAlphaAboutAsOftenAsAsked()
    {
        const int windows = 2_000;
        var random = new Random(11);
        var alarms = 0;
        for (var i = 0; i < windows; i++)
        {
            var (a, b) = (Draw(random, 300), Draw(random, 200));
            alarms += KolmogorovSmirnovTest.AsymptoticPValue(DistributionDistances.KolmogorovSmirnov(a, b), 300, 200) <= 0.05 ? 1 : 0;
        }

        // 100 expected, binomial standard deviation 9.7.
        Assert.InRange(alarms, 60, 140);

        static EmpiricalDistribution Draw(Random random, int count)
        {
            var values = Enumerable.Range(0, count).Select(_ => random.NextDouble()).Order().ToArray();
            return SampleDistribution.OfSorted(values);
        }
    }

    private static int Divisor(int a, int b) => b == 0 ? a : Divisor(b, a % b);

    private static void AssertRelative(double expected, double actual, double tolerance, string about)
        => Assert.True(
            Math.Abs(actual - expected) <= Math.Max(tolerance * Math.Abs(expected), 1e-14),
            string.Create(CultureInfo.InvariantCulture, $"Expected {expected:R} at {about}, but found {actual:R}."));
}
