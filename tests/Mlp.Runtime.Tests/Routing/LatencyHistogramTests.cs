using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Tests.Routing;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void BinOf_AllBins_FollowOneAnotherWithoutGaps()
    {
        var last = -1;
        for (var nanoseconds = 0L; nanoseconds < 1L << 41; nanoseconds += Math.Max(1, nanoseconds / 64))
        {
            var bin = LatencyHistogram.BinOf(nanoseconds);
            Assert.InRange(bin, last, last + 1);
            last = bin;
        }

        Assert.Equal(LatencyHistogram.BinCount - 1, last);
        Assert.Equal(0, LatencyHistogram.BinOf(-5));
        Assert.Equal(LatencyHistogram.BinCount - 1, LatencyHistogram.BinOf(long.MaxValue));
    }

    [Property]
    public Property MiddleOf_AnyTime_IsWithinOne32nd()
        => Prop.ForAll(
            ArbMap.Default.ArbFor<long>().Filter(n => n is > 0 and < 1L << 40),
            n => Math.Abs(LatencyHistogram.MiddleOf(LatencyHistogram.BinOf(n)) - n) <= n / 32.0);

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.99)]
    [InlineData(1.0)]
    public void QuantileOf_ManyTimes_IsThatOfTheSortedOnesWithinOne32nd(double quantile)
    {
        var random = new Random(3);
        var times = Enumerable.Range(0, 10_000).Select(_ => (long)Math.Exp(5 + (10 * random.NextDouble()))).Order().ToArray();
        var bins = new long[LatencyHistogram.BinCount];
        foreach (var time in times)
        {
            bins[LatencyHistogram.BinOf(time)]++;
        }

        var exact = times[(int)Math.Ceiling(quantile * times.Length) - 1];
        Assert.InRange(LatencyHistogram.QuantileOf(bins, quantile), exact * (1 - (1 / 32.0)), exact * (1 + (1 / 32.0)));
    }

    [Fact]
    public void QuantileOf_NoTimes_IsNaN() => Assert.Equal(double.NaN, LatencyHistogram.QuantileOf(new long[LatencyHistogram.BinCount], 0.5));

    [Fact]
    public async Task Read_CountedByManyThreads_HasEveryCallOnce()
    {
        var counters = new VariantCounters();
        var before = counters.Read();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                counters.Add((PredictionOutcome)(i % 5), 1_000);
            }
        })));

        // Cancelled and shed calls say nothing of a version.
        var reading = counters.Read().Since(before);
        Assert.Equal((48_000, 32_000, 16_000), (reading.Calls, reading.Errors, reading.LatencyBins.Sum()));
        Assert.Equal(1.0, reading.Latency(0.5)!.Value.TotalMicroseconds, 1 / 32.0 + 0.1);
    }
}
