using FsCheck.Xunit;
using Mlp.Monitoring.Drift;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Drift;

public sealed class SampleTests
{
    [Property(MaxTest = 100)]
    public bool ValueSample_BelowItsLimit_KeepsEverything(int seed)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, random.Next(1, 100)).Select(_ => (double)random.Next(20)).ToArray();
        var (whole, one, other) = (new ValueSample(100), new ValueSample(100), new ValueSample(100));
        foreach (var value in values)
        {
            whole.Add(value, 1);
            (value > 10 ? one : other).Add(value, 1);
        }

        whole.Add(double.NaN, 1);
        whole.Add(double.PositiveInfinity, 1);
        one.Merge(other);
        var exact = SampleDistribution.OfSorted([.. values.Order()]);
        return whole.EffectiveRowCount == values.Length
            && DistributionDistances.KolmogorovSmirnov(exact, whole.ToDistribution()) == 0
            && DistributionDistances.KolmogorovSmirnov(exact, one.ToDistribution()) == 0;
    }

    [Fact]
    public void ValueSample_BeyondItsLimit_StaysTrueAndSaysHowManyRowsItStandsFor()
    {
        var random = new Random(6);
        var sample = new ValueSample(2_000);
        var other = new ValueSample(2_000);
        for (var i = 0; i < 100_000; i++)
        {
            (i % 3 == 0 ? other : sample).Add(random.NextDouble(), 1 + (i % 4));
        }

        sample.Merge(other);
        var distribution = sample.ToDistribution();

        // 250,000 rows stand in it, whatever was thinned; the error is that of so many independent rows.
        Assert.Equal(250_000, distribution.TotalWeight, 1e-6);
        Assert.InRange(distribution.Values.Length, 900, 2_000);
        Assert.InRange(sample.EffectiveRowCount, 300, 2_000);
        var uniform = SampleDistribution.OfSorted([.. Enumerable.Range(0, 10_000).Select(i => (i + 0.5) / 10_000)]);
        Assert.InRange(DistributionDistances.KolmogorovSmirnov(uniform, distribution), 0, 1.95 / Math.Sqrt(sample.EffectiveRowCount));
        sample.Clear();
        Assert.Equal((0, 0), (sample.EffectiveRowCount, sample.ToDistribution().TotalWeight));
    }

    [Fact]
    public void RowSample_MoreRowsThanItKeeps_PicksByWeightInOrder()
    {
        var (heavy, total) = (0, 0);
        var sample = new RowSample(1_000, 2);
        for (var i = 0; i < 20_000; i++)
        {
            if (sample.Next(i % 2 == 0 ? 3 : 1) is { } row)
            {
                Assert.True(double.IsNaN(row[0]));
                (row[0], row[1]) = (i, i % 2);
            }
        }

        double[][] kept = [.. sample.Rows];
        Assert.InRange(kept.Length, 900, 1_000);
        Assert.Equal(kept.Select(r => r[0]).Order(), kept.Select(r => r[0]));
        foreach (var row in kept)
        {
            heavy += row[1] == 0 ? 1 : 0;
            total++;
        }

        // Three in four; binomial standard deviation 0.014.
        Assert.InRange(heavy / (double)total, 0.69, 0.81);
    }

    // All are kept, and those that stand for more rows must not be as rare as they came.
    [Fact]
    public void RowSample_FewerRowsThanItKeeps_RepresentsWhatTheyStandFor()
    {
        var sample = new RowSample(10_000, 1);
        for (var i = 0; i < 6_000; i++)
        {
            sample.Next(i % 2 == 0 ? 5 : 1)![0] = i % 2;
        }

        // 3,000 that stand for 5 rows each, and of the others one in five.
        Assert.Equal(3_000, sample.Rows.Count(r => r[0] == 0));
        Assert.InRange(sample.Rows.Count(r => r[0] == 1), 600 - 90, 600 + 90);
        Assert.Equal(sample.RowCount, sample.Rows.Count);
    }

    [Fact]
    public void RowSample_EqualWeights_KeepsAll()
    {
        var sample = new RowSample(100, 1);
        for (var i = 0; i < 300; i++)
        {
            sample.Next(2);
        }

        Assert.Equal(100, sample.RowCount);
    }
}
