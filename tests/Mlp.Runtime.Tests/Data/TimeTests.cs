using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Data;

public sealed class TimeTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(7, 1, 0)]
    [InlineData(10, 1, 1)]
    [InlineData(11, 2, 1)]
    [InlineData(-7, 0, -1)]
    [InlineData(-10, -1, -1)]
    public void Microseconds_TicksWithinOne_FeatureRoundsUpAndRequestRoundsDown(long ticks, long feature, long request)
    {
        var time = DateTimeOffset.UnixEpoch.AddTicks(ticks);

        Assert.Equal(feature, Microseconds.FromFeatureTime(time));
        Assert.Equal(request, Microseconds.FromRequestTime(time));
    }

    [Fact]
    public void FromTimeSpan_BelowTheResolution_IsRefusedRatherThanTakenForNone()
    {
        Assert.Equal(0, Microseconds.FromTimeSpan(TimeSpan.Zero));
        Assert.Equal(1, Microseconds.FromTimeSpan(TimeSpan.FromTicks(19)));
        Assert.Equal(-1, Microseconds.FromTimeSpan(TimeSpan.FromTicks(-1)));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Microseconds.FromTimeSpan(TimeSpan.FromTicks(9)));
        Assert.StartsWith("Expected a span of zero or of at least a microsecond", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Microseconds_OffsetOfZone_IsTakenOut()
        => Assert.Equal(0, Microseconds.FromRequestTime(new DateTimeOffset(1970, 1, 1, 2, 0, 0, TimeSpan.FromHours(2))));

    [Theory]
    [InlineData(100, 100, 10, true, false)]
    [InlineData(101, 100, 10, false, false)]
    [InlineData(90, 100, 10, true, false)]
    [InlineData(89, 100, 10, true, true)]
    [InlineData(-1_000_000, 100, 0, true, false)]
    public void Visibility_EdgesOfTimeToLive_EqualIsPresent(long eventTime, long asOf, long timeToLive, bool visible, bool expired)
    {
        Assert.Equal(visible, Visibility.IsVisible(eventTime, asOf));
        Assert.Equal(expired, Visibility.IsExpired(eventTime, asOf, timeToLive));
    }

    [Theory]
    [InlineData(2, 0, 0, 1, 9, 9, true)]
    [InlineData(1, 2, 0, 1, 1, 9, true)]
    [InlineData(1, 1, 2, 1, 1, 1, true)]
    [InlineData(1, 1, 1, 1, 1, 1, false)]
    [InlineData(1, 9, 9, 2, 0, 0, false)]
    public void Supersedes_Ties_GoToCreatedThenSequence(long e1, long c1, long s1, long e2, long c2, long s2, bool expected)
        => Assert.Equal(expected, Visibility.Supersedes(new RowVersion(e1, c1, s1), new RowVersion(e2, c2, s2)));
}
