using Mlp.Benchmarks.Soaks;

namespace Mlp.Spark.Tests.Soaks;

/// <summary>Readings of runs of <c>spark-soak</c>, KiB, from a fifth of the run on: what the judge must take for no growth, and the same with a leak on top.</summary>
public sealed class MemoryTrendTests
{
    private const int TasksOfShortRun = 20;
    private const int TasksOfLongRun = 60;

    /// <summary>Held, of 1,000 tasks.</summary>
    private static readonly int[] HeldOfShortRun =
    [
        17_865, 22_723, 17_997, 17_229, 17_533, 17_733, 17_248, 17_016, 16_916, 17_252, 18_213, 17_174, 16_961, 17_076, 17_042, 16_990, 16_994, 16_951, 16_943, 17_094,
        18_494, 17_238, 16_976, 16_992, 17_185, 17_259, 16_991, 17_096, 16_946, 17_002, 16_964, 17_074, 16_997, 16_992, 17_001, 17_278, 16_947, 16_964, 17_009, 16_959,
        17_008,
    ];

    /// <summary>RssAnon, of the same.</summary>
    private static readonly int[] AnonymousOfShortRun =
    [
        24_732, 29_496, 25_728, 24_844, 25_736, 25_612, 25_632, 24_788, 25_132, 24_920, 26_280, 25_124, 24_916, 25_096, 24_660, 25_112, 25_232, 24_832, 24_756, 24_820,
        25_752, 24_528, 24_732, 25_120, 25_244, 25_332, 24_928, 24_792, 25_084, 24_836, 25_224, 24_912, 25_264, 25_280, 25_120, 25_216, 25_100, 25_104, 24_744, 25_112,
        24_760,
    ];

    /// <summary>RssAnon, of 3,000 tasks: near the half of them the arenas grow by 1.6 MiB, once.</summary>
    private static readonly int[] AnonymousOfLongRun =
    [
        24_528, 29_044, 24_108, 24_284, 24_080, 24_432, 24_192, 24_032, 24_860, 23_872, 23_668, 24_408, 24_212, 24_156, 23_784, 23_964, 24_376, 25_588, 25_468, 25_360,
        26_000, 25_788, 25_132, 25_548, 25_816, 25_924, 25_436, 25_656, 25_608, 25_900, 25_536, 25_988, 26_164, 25_900, 25_544, 25_908, 25_544, 25_916, 25_548, 25_912,
        26_128,
    ];

    [Fact]
    public void Fit_RunWithoutLeak_IsNotUpward() => Assert.False(MemoryTrend.Fit(Readings(HeldOfShortRun, TasksOfShortRun, leak: 0)).IsUpward);

    [Theory]
    [InlineData(2 * 1024)]
    [InlineData(10 * 1024)]
    public void Fit_LeakWithEveryTask_IsUpward(int leak)
    {
        var trend = MemoryTrend.Fit(Readings(HeldOfShortRun, TasksOfShortRun, leak));

        Assert.True(trend.IsUpward, trend.ToString());
        Assert.InRange(trend.SlopeBytes, leak - 1024, leak + 1024);
    }

    [Fact]
    public void IsUpwardThroughout_RunWithoutLeak_IsFalse() => Assert.False(MemoryTrend.IsUpwardThroughout(Readings(AnonymousOfShortRun, TasksOfShortRun, leak: 0)));

    [Fact]
    public void IsUpwardThroughout_SingleStep_IsFalseThoughTheTrendIsUpward()
    {
        var readings = Readings(AnonymousOfLongRun, TasksOfLongRun, leak: 0);

        Assert.True(MemoryTrend.Fit(readings).IsUpward);
        Assert.False(MemoryTrend.IsUpwardThroughout(readings));
    }

    [Fact]
    public void IsUpwardThroughout_TenKibibytesWithEveryTask_IsTrue()
    {
        Assert.True(MemoryTrend.IsUpwardThroughout(Readings(AnonymousOfShortRun, TasksOfShortRun, leak: 10 * 1024)));
        Assert.True(MemoryTrend.IsUpwardThroughout(Readings(AnonymousOfLongRun, TasksOfLongRun, leak: 10 * 1024)));
    }

    [Fact]
    public void Fit_FallingMemory_IsNotUpward()
    {
        var trend = MemoryTrend.Fit(Readings(HeldOfShortRun, TasksOfShortRun, leak: -10 * 1024));

        Assert.True(trend.UpperBytes < 0, trend.ToString());
        Assert.False(trend.IsUpward);
    }

    [Fact]
    public void Fit_FewerThanTenReadings_AsksForALongerRun()
    {
        var error = Assert.Throws<ArgumentException>(() => MemoryTrend.Fit(Readings(HeldOfShortRun[..9], TasksOfShortRun, leak: 0)));

        Assert.Contains("at least 10 readings, but found 9", error.Message, StringComparison.Ordinal);
    }

    private static List<(double Work, double Bytes)> Readings(int[] kibibytes, int tasks, int leak)
        => [.. kibibytes.Select((k, i) => ((double)i * tasks, (k * 1024.0) + ((double)i * tasks * leak)))];
}
