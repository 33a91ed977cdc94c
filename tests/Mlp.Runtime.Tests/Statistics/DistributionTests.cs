using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class DistributionTests
{
    // Textbook values of the standard normal.
    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.995, 2.5758293035489004)]
    [InlineData(0.001, -3.090232306167813)]
    [InlineData(1e-10, -6.361340902404056)]
    public void NormalQuantile_TabulatedProbability_GivesTabulatedValue(double probability, double expected)
    {
        Assert.Equal(expected, NormalDistribution.Quantile(probability), 1e-13);
    }

    [Fact]
    public void NormalQuantile_Edges_AreInfiniteOrNaN()
    {
        Assert.Equal(double.NegativeInfinity, NormalDistribution.Quantile(0));
        Assert.Equal(double.PositiveInfinity, NormalDistribution.Quantile(1));
        Assert.All([-0.1, 1.1, double.NaN], outside => Assert.True(double.IsNaN(NormalDistribution.Quantile(outside))));
    }

    [Fact]
    public void NormalQuantile_GoldenSamples_HaveGoldenMoments()
    {
        AssertMoments(0.00016982714108758202, 0.9985940987445042, GoldenVectors.Reference);
        AssertMoments(0.29421231634558237, 1.1932728735204758, GoldenVectors.Current);

        static void AssertMoments(double mean, double standardDeviation, double[] values)
        {
            var average = values.Average();
            Assert.Equal(mean, average, 1e-13);
            Assert.Equal(standardDeviation, Math.Sqrt(values.Average(value => (value - average) * (value - average))), 1e-13);
        }
    }

    // Upper 5 %, 1 % and 0.1 % points from printed tables (Abramowitz and Stegun, table 26.8), to their digits.
    [Theory]
    [InlineData(0.05, 1, 3.84146)]
    [InlineData(0.05, 9, 16.9190)]
    [InlineData(0.01, 9, 21.6660)]
    [InlineData(0.001, 19, 43.8202)]
    [InlineData(0.05, 100, 124.342)]
    [InlineData(0.95, 3, 0.351846)]
    [InlineData(0.995, 1, 0.0000392704)]
    public void ChiSquareUpperQuantile_TabulatedTail_GivesTabulatedValue(double upperTail, int degreesOfFreedom, double expected)
    {
        Assert.Equal(1, ChiSquareDistribution.UpperQuantile(upperTail, degreesOfFreedom) / expected, 5e-6);
    }

    // scipy 1.10.1, chi2.isf.
    [Theory]
    [InlineData(1e-300, 5, 1400.6405856530268)]
    [InlineData(1e-300, 1, 1373.8726312223944)]
    [InlineData(1e-300, 400, 2504.90769273233)]
    [InlineData(1e-200, 5, 938.9258262373494)]
    [InlineData(1e-100, 30, 568.4275704491201)]
    public void ChiSquareUpperQuantile_FarTail_EqualsScipy(double upperTail, int degreesOfFreedom, double expected)
        => Assert.Equal(1, ChiSquareDistribution.UpperQuantile(upperTail, degreesOfFreedom) / expected, 1e-12);

    // p values of scipy 1.10.1 (golden/monitoring_golden.txt), degrees of freedom 3.
    [Theory]
    [InlineData(29.8, 1.5204165231992435e-06)]
    [InlineData(14.445699228307923, 0.002357178387020975)]
    [InlineData(14.474408335000547, 0.00232562419154533)]
    public void ChiSquareSurvival_GoldenStatistic_GivesGoldenPValue(double statistic, double expected)
    {
        Assert.Equal(1, ChiSquareDistribution.Survival(statistic, 3) / expected, 1e-12);
    }

    [Property(MaxTest = 300)]
    public bool ChiSquareUpperQuantile_AnyTail_InvertsSurvival(int seed)
    {
        var random = new Random(seed);
        var tail = Math.Pow(10, -12 * random.NextDouble());
        var degreesOfFreedom = random.Next(1, 400);
        var x = ChiSquareDistribution.UpperQuantile(tail, degreesOfFreedom);
        return Math.Abs((ChiSquareDistribution.Survival(x, degreesOfFreedom) / tail) - 1) < 1e-9;
    }

    [Property(MaxTest = 100)]
    public bool ChiSquare_TwoDegrees_IsExponential(int seed)
    {
        var x = new Random(seed).NextDouble() * 60;
        return Math.Abs(ChiSquareDistribution.Survival(x, 2) - Math.Exp(-x / 2)) < 1e-14
            && Math.Abs(ChiSquareDistribution.Cumulative(x, 2) - (1 - Math.Exp(-x / 2))) < 1e-14;
    }

    [Fact]
    public void ChiSquare_Edges_AreDefined()
    {
        Assert.Equal(double.PositiveInfinity, ChiSquareDistribution.UpperQuantile(0, 3));
        Assert.Equal(0, ChiSquareDistribution.UpperQuantile(1, 3));
        Assert.True(double.IsNaN(ChiSquareDistribution.UpperQuantile(double.NaN, 3)));
        Assert.Equal(0, ChiSquareDistribution.Cumulative(-1, 3));
        Assert.Equal(0, ChiSquareDistribution.Survival(double.PositiveInfinity, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChiSquareDistribution.UpperQuantile(0.5, 0));
    }
}
