using Microsoft.Extensions.Time.Testing;
using Mlp.Training.Distributed.DataParallel.Tuning;

namespace Mlp.Training.Tests.Distributed.DataParallel.Tuning;

/// <summary>Which sizes are tried when, and which one wins.</summary>
public sealed class BucketTunerTests
{
    private static readonly int[] Sizes = [4 << 20, 1 << 20, 16 << 20];

    [Fact]
    public void Fastest_KnownTimes_IsTheLeast()
        => Assert.Equal(2, Run([10, 9, 7], 8).Fastest());

    [Fact]
    public void Fastest_NobodyFasterByTwoPercent_IsWhatWasAskedFor()
        => Assert.Equal(0, Run([10, 9.9, 10], 8).Fastest());

    [Fact]
    public void Fastest_OneSlowStepInFive_DoesNotCount()
        => Assert.Equal(1, Run([10, 8, 9], 10, (size, step) => step % 5 == size ? 500 : 0).Fastest());

    [Fact]
    public void Medians_FirstStepAfterAChange_IsNotMeasured()
        => Assert.Equal([10.0, 9, 7], Run([10, 9, 7], 8, (_, step) => step % 3 == 0 ? 1000 : 0).Medians());

    [Fact]
    public void Report_HasALineForEachMeasuredStep()
    {
        var tuner = Run([10, 9, 7], 5);
        var lines = tuner.Report().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("bucket_bytes,milliseconds", lines[0]);
        Assert.Equal(3 * 6, lines.Length - 1);
        Assert.Equal("4194304,10.0000", lines[1]);
        Assert.Equal("9.00 ms with 1,048,576 bytes, 10.00 ms with 4,194,304 bytes, 7.00 ms with 16,777,216 bytes", tuner.Describe());
    }

    private static BucketTuner Run(double[] milliseconds, int steps, Func<int, int, double>? extra = null)
    {
        var clock = new FakeTimeProvider();
        var tuner = new BucketTuner(Sizes, steps, clock);
        var (turns, last) = (new List<int>(), 0);
        for (var step = 0; !tuner.IsDone; step++)
        {
            if (step == 0 || last != tuner.Current)
            {
                turns.Add(last = tuner.Current);
            }

            tuner.Begin();
            clock.Advance(TimeSpan.FromMilliseconds(milliseconds[tuner.Current] + (extra?.Invoke(tuner.Current, step) ?? 0)));
            tuner.End();
            clock.Advance(TimeSpan.FromSeconds(1)); // What happens between steps is not measured.
        }

        // Sizes take turns.
        Assert.Equal(Enumerable.Range(0, turns.Count).Select(t => t % 3), turns);
        return tuner;
    }
}
