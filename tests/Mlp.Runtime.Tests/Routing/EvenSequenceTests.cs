using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Tests.Routing;

public sealed class EvenSequenceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void NextBucket_EveryKthCallOfAThread_FillsAnIntervalAsLongAsItIs(int every)
    {
        const int Calls = 10_000;
        var hits = 0;
        for (var i = 0; i < Calls * every; i++)
        {
            var bucket = EvenSequence.NextBucket();
            Assert.InRange(bucket, 0, 9_999);
            hits += i % every == 0 && bucket < 1_000 ? 1 : 0;
        }

        // Chance alone would stray by 30 either way, one time in three.
        Assert.InRange(hits, 990, 1_010);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.25)]
    [InlineData(1.0)]
    public void NextSample_ManyCalls_IsTheRate(double rate)
    {
        var hits = Enumerable.Range(0, 10_000).Count(_ => EvenSequence.NextSample(rate));

        Assert.InRange(hits, (10_000 * rate) - 10, (10_000 * rate) + 10);
    }

    [Fact]
    public void NextSample_BesideBuckets_IsIndependentOfThem()
    {
        var both = 0;
        for (var i = 0; i < 20_000; i++)
        {
            both += EvenSequence.NextBucket() < 5_000 & EvenSequence.NextSample(0.5) ? 1 : 0;
        }

        Assert.InRange(both, 4_900, 5_100);
    }
}
