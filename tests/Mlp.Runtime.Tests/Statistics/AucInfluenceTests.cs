using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Intervals;

namespace Mlp.Runtime.Tests.Statistics;

public sealed class AucInfluenceTests
{
    [Fact]
    public void StandardError_EqualWeights_IsDeLongs()
    {
        var (scores, labels) = Rows(200, seed: 3);
        double[] Of(bool own) => [.. scores.Where((_, i) => labels[i] == own).Order()];

        var plain = AucInfluence.StandardError(AucInfluence.Compute(scores, labels, [])!);
        var scaled = AucInfluence.StandardError(AucInfluence.Compute(scores, labels, Enumerable.Repeat(7.0, 200).ToArray())!);

        Assert.Equal(DeLong.StandardError(Of(true), Of(false)), plain, 1e-12);
        Assert.Equal(plain, scaled, 1e-12);
    }

    [Fact]
    public void Compute_Influences_AddUpToNothing()
    {
        var (scores, labels) = Rows(200, seed: 4);
        double[] weights = [.. scores.Select((_, i) => 1.0 + (i % 5))];

        Assert.Equal(0, AucInfluence.Compute(scores, labels, weights)!.Sum(), 1e-12);
    }

    [Fact]
    public void Compute_OneRowOfAClass_HasNone() => Assert.Null(AucInfluence.Compute([0.1, 0.2, 0.3], [true, false, false], []));

    [Fact]
    public void TwoSided_KnownValues_AreThoseOfTables()
    {
        Assert.Equal(0.05, NormalDistribution.TwoSided(1.959963984540054), 1e-12);
        Assert.Equal(0.05, StudentDistribution.TwoSided(2.7764451051977987, 4), 1e-10);
        Assert.Equal(2.7764451051977987, StudentDistribution.Quantile(0.975, 4), 1e-9);
    }

    private static (double[] Scores, bool[] Labels) Rows(int count, int seed)
    {
        var random = new Random(seed);
        var labels = Enumerable.Range(0, count).Select(_ => random.Next(3) == 0).ToArray();
        return ([.. labels.Select(l => Math.Round(random.NextDouble() + (l ? 0.3 : 0), 1))], labels);
    }
}
