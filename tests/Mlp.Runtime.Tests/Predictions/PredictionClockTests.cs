using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Tests.Predictions;

public sealed class PredictionClockTests
{
    [Fact]
    public void ToMicroseconds_SystemClock_IsTheWallTime()
    {
        var clock = new PredictionClock(TimeProvider.System);
        for (var i = 0; i < 1_000; i++)
        {
            var before = Microseconds.FromRequestTime(TimeProvider.System.GetUtcNow());
            var time = clock.ToMicroseconds(clock.GetTimestamp());
            var after = Microseconds.FromRequestTime(TimeProvider.System.GetUtcNow());

            // The two clocks are read one after the other, which a busy machine can put some time between.
            Assert.InRange(time, before - 100_000, after + 100_000);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void FindOffset_ProcessorLostBetweenTheTwoClocks_IsThatOfTheClosestReading(int losses)
    {
        var time = new StolenTime(losses);

        Assert.InRange(PredictionClock.FindOffset(time, 1), StolenTime.Offset - 1_000, StolenTime.Offset);
    }

    [Fact]
    public void ToMicroseconds_OtherClock_FollowsItsWallTime()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(1));
        var clock = new PredictionClock(time);
        Assert.Equal(86_400_000_000, clock.ToMicroseconds(clock.GetTimestamp()));

        time.AdjustTime(DateTimeOffset.UnixEpoch.AddDays(2).AddTicks(19));

        Assert.Equal(2 * 86_400_000_000 + 1, clock.ToMicroseconds(clock.GetTimestamp()));
    }

    [Fact]
    public void NanosecondsBetween_AnyClock_IsTheElapsedTime()
    {
        var time = new FakeTimeProvider();
        var clock = new PredictionClock(time);
        var start = clock.GetTimestamp();
        time.Advance(TimeSpan.FromMilliseconds(3));

        Assert.Equal(3_000_000, clock.NanosecondsBetween(start, clock.GetTimestamp()));
        Assert.Equal(
            TimeProvider.System.GetElapsedTime(0, TimeProvider.System.TimestampFrequency).TotalNanoseconds,
            new PredictionClock(TimeProvider.System).NanosecondsBetween(0, TimeProvider.System.TimestampFrequency));
    }

    /// <summary>Two clocks that take 100 ns to read. Between the first readings of both, the thread loses its processor for 50 ms.</summary>
    private sealed class StolenTime(int losses) : TimeProvider
    {
        public const long Offset = 1_700_000_000_000_000_000;

        private long _now = 12_345_678_900;
        private int _losses = losses;

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => _now += 100;

        public override DateTimeOffset GetUtcNow()
        {
            var now = DateTimeOffset.UnixEpoch.AddTicks((Offset + (_now += 100)) / 100);
            _now += _losses-- > 0 ? 50_000_000 : 0;
            return now;
        }
    }
}
