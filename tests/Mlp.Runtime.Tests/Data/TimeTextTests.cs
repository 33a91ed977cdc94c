using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Data;

public sealed class TimeTextTests
{
    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(3, "0.3 µs")]
    [InlineData(400, "40 µs")]
    [InlineData(-400, "-40 µs")]
    [InlineData(9_999, "999.9 µs")]
    [InlineData(10_000, "1 ms")]
    [InlineData(25_000, "2.5 ms")]
    [InlineData(10_000_000, "1000 ms")]
    public void Of_Ticks_IsInTheUnitThatSaysSomething(long ticks, string expected) => Assert.Equal(expected, TimeText.Of(TimeSpan.FromTicks(ticks)));
}
