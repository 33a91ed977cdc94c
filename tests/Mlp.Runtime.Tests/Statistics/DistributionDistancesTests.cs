using FsCheck.Xunit;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Statistics;

public class DistributionDistancesTests
{
    private static readonly EmpiricalDistribution Reference = Of(GoldenVectors.Reference);
    private static readonly EmpiricalDistribution Current = Of(GoldenVectors.Current);

    [Fact]
    public void Distances_GoldenSamples_GiveTheValuesOfScipy()
    {
        Assert.Equal(0.1275, DistributionDistances.KolmogorovSmirnov(Reference, Current), 1e-12);
        Assert.Equal(0.3065495468697622, DistributionDistances.Wasserstein(Reference, Current), 1e-12);
        Assert.Equal(0.30698113202869487, DistributionDistances.NormedWasserstein(Reference, Current, 0.9985940987445042), 1e-12);
        Assert.Equal(0.23409634940777618, DistributionDistances.Energy(Reference, Current), 1e-12);
    }

    [ScikitLearnFact]
    public void Distances_TiesSmallAndWeightedSamples_EqualScipy()
    {
        var random = new Random(5);
        double[] a = [.. Enumerable.Range(0, 37).Select(_ => (double)random.Next(12))];
        double[] b = [.. Enumerable.Range(0, 37).Select(_ => (double)random.Next(3, 15))];
        double[] w = [.. Enumerable.Range(0, 37).Select(_ => (double)random.Next(1, 5))];
        var scipy = ScikitLearn.Run(
            """
            from scipy import stats
            out['ks'] = stats.ks_2samp(a, b).statistic
            out['ks_weighted'] = stats.ks_2samp(a, np.repeat(b, w.astype(int))).statistic
            out['wasserstein'] = stats.wasserstein_distance(a, b)
            out['wasserstein_weighted'] = stats.wasserstein_distance(a, b, None, w)
            out['energy'] = stats.energy_distance(a, b)
            out['energy_weighted'] = stats.energy_distance(a, b, None, w)
            """,
            ("a", a),
            ("b", b),
            ("w", w));
        var (x, y) = (Of(a), Of(b));
        var weighted = SampleDistribution.OfWeighted([.. b], [.. w]);

        Assert.Equal(scipy["ks"][0], DistributionDistances.KolmogorovSmirnov(x, y), 1e-9);
        Assert.Equal(scipy["ks_weighted"][0], DistributionDistances.KolmogorovSmirnov(x, weighted), 1e-9);
        Assert.Equal(scipy["wasserstein"][0], DistributionDistances.Wasserstein(x, y), 1e-9);
        Assert.Equal(scipy["wasserstein_weighted"][0], DistributionDistances.Wasserstein(x, weighted), 1e-9);
        Assert.Equal(scipy["energy"][0], DistributionDistances.Energy(x, y), 1e-9);
        Assert.Equal(scipy["energy_weighted"][0], DistributionDistances.Energy(x, weighted), 1e-9);
    }

    [Property(MaxTest = 200)]
    public bool Distances_AnySamples_AreSymmetricZeroForEqualSharesAndShiftTells(int seed)
    {
        var random = new Random(seed);
        double[] Draw() => [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(20) / 4.0)];
        var (a, b) = (Draw(), Draw());
        var (x, y) = (Of(a), Of(b));
        var tripled = Of([.. a, .. a, .. a]);
        var shifted = Of([.. a.Select(v => v + 100)]);
        var ks = DistributionDistances.KolmogorovSmirnov(x, y);

        return ks is >= 0 and <= 1
            && ks == DistributionDistances.KolmogorovSmirnov(y, x)
            && Math.Abs(DistributionDistances.Wasserstein(x, y) - DistributionDistances.Wasserstein(y, x)) < 1e-12
            && DistributionDistances.KolmogorovSmirnov(x, tripled) < 1e-12
            && DistributionDistances.Energy(x, tripled) < 1e-12
            && DistributionDistances.KolmogorovSmirnov(x, shifted) == 1
            && Math.Abs(DistributionDistances.Wasserstein(x, shifted) - 100) < 1e-9;
    }

    [Fact]
    public void Distances_NoValues_AreNaN()
    {
        var none = new EmpiricalDistribution([], []);

        Assert.True(double.IsNaN(DistributionDistances.KolmogorovSmirnov(none, Current)));
        Assert.True(double.IsNaN(DistributionDistances.Wasserstein(Reference, none)));
        Assert.True(double.IsNaN(DistributionDistances.Energy(none, none)));
    }

    [Fact]
    public void NormedWasserstein_ConstantReference_StaysFinite()
    {
        Assert.Equal(500, DistributionDistances.NormedWasserstein(Of([2, 2, 2]), Of([2.5, 2.5]), 0), 1e-9);
    }

    private static EmpiricalDistribution Of(double[] values) => SampleDistribution.OfSorted([.. values.Order()]);
}
