using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

/// <summary>Expected values are sums of exact fractions (Python's fractions and math.comb).</summary>
public sealed class ErrorRateTestTests
{
    [Theory]
    [InlineData(3, 10, 0, 90, 0.0007421150278293135)]
    [InlineData(5, 16, 1, 300, 9.99990147253345e-07)]
    [InlineData(40, 500, 20, 9500, 3.298464319801399e-38)]
    [InlineData(16, 16, 0, 16, 1.6636709775209934e-09)]
    [InlineData(30, 1000, 60, 4000, 0.0018922236162105068)]
    [InlineData(120, 5000, 80, 5000, 0.0026082440456775134)]
    public void HigherThan_TwoSamples_IsFishersTail(long errorsA, long callsA, long errorsB, long callsB, double expected)
        => Assert.Equal(1, ErrorRateTest.HigherThan(errorsA, callsA, errorsB, callsB) / expected, 1e-9);

    [Theory]
    [InlineData(3, 16, 0.05, 0.04293785348577265)]
    [InlineData(1, 16, 0.05, 0.5598733313482342)]
    [InlineData(16, 16, 0.05, 1.52587890625e-21)]
    [InlineData(40, 500, 0.05, 0.0027009571817048954)]
    [InlineData(330, 5000, 0.05, 3.935430912913783e-07)]
    [InlineData(6, 100, 0.05, 0.38400087204385897)]
    public void HigherThan_Rate_IsTheBinomialTail(long errors, long calls, double rate, double expected)
        => Assert.Equal(1, ErrorRateTest.HigherThan(errors, calls, rate) / expected, 1e-9);

    [Theory]
    [InlineData(20, 100_000_000, 8, 100_000_000, 0.017849062720471365)]
    [InlineData(400, 100_000_000, 300, 100_000_000, 8.923583130466914e-05)]
    [InlineData(70, 100_000_000, 30, 1_000_000_000, 2.2252121305470534e-49)]
    public void HigherThan_HundredsOfMillionsOfCalls_KeepsItsDigits(long errorsA, long callsA, long errorsB, long callsB, double expected)
        => Assert.Equal(1, ErrorRateTest.HigherThan(errorsA, callsA, errorsB, callsB) / expected, 1e-11);

    [Fact]
    public void HigherThan_RateOfHundredsOfMillionsOfCalls_KeepsItsDigits()
        => Assert.Equal(1, ErrorRateTest.HigherThan(40, 100_000_000, 2e-7) / 5.320191956485338e-05, 1e-11);

    [Fact]
    public void HigherThan_NoMoreErrorsThanExpected_IsOne()
    {
        Assert.Equal(1, ErrorRateTest.HigherThan(0, 0, 5, 10));
        Assert.Equal(1, ErrorRateTest.HigherThan(5, 10, 0, 0));
        Assert.Equal(1, ErrorRateTest.HigherThan(1, 10, 1, 10));
        Assert.Equal(1, ErrorRateTest.HigherThan(0, 10, 5, 10));
        Assert.Equal(1, ErrorRateTest.HigherThan(0, 0, 0.05));
        Assert.Equal(1, ErrorRateTest.HigherThan(5, 100, 0.05));
        Assert.Equal(0, ErrorRateTest.HigherThan(1, 100, 0));
        Assert.Equal(1, ErrorRateTest.HigherThan(100, 100, 1));
    }

    [Fact]
    public void HigherThan_HundredsOfMillionsOfCalls_IsStillAProbability()
    {
        Assert.InRange(ErrorRateTest.HigherThan(1_010_000, 100_000_000, 10_000_000, 1_000_000_000), 0, 1e-15);
        Assert.InRange(ErrorRateTest.HigherThan(1_000_100, 100_000_000, 10_000_000, 1_000_000_000), 0.4, 0.5);
    }

    /// <summary>That it errs no more often than it says, which is what a test is for: both sides fail in 5 of 100 calls, and the canary's 200 calls are looked at.</summary>
    [Fact]
    public void HigherThan_EqualRates_RejectsNoMoreOftenThanItsLevel()
    {
        var random = new Random(7);
        var rejected = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var a = Enumerable.Range(0, 200).Count(_ => random.NextDouble() < 0.05);
            var b = Enumerable.Range(0, 800).Count(_ => random.NextDouble() < 0.05);
            rejected += ErrorRateTest.HigherThan(a, 200, b, 800) < 0.05 ? 1 : 0;
        }

        Assert.InRange(rejected, 20, 130);
    }
}
