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
}
