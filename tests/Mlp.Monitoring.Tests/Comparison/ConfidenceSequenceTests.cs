using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Comparison;

public sealed class ConfidenceSequenceTests
{
    private const double Alpha = 0.05;

    /// <summary>Kinds of equal losses: differences of Brier scores, of wrong classes, and rare but great ones.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Interval_LookedAtAfterEveryRowWhereNothingDiffers_IsWrongInAtMostAlphaOfTheRuns(int kind)
    {
        const int runs = 2_000;
        const int rows = 1_000;
        var wrong = 0;
        for (var run = 0; run < runs; run++)
        {
            var random = new Random((run * 3) + kind);
            var sequence = new ConfidenceSequence(-1, 1, Alpha);
            for (var i = 0; i < rows; i++)
            {
                sequence.Add(Difference(random, kind));
                if (!sequence.Interval.Contains(0))
                {
                    wrong++;
                    break;
                }
            }
        }

        Assert.InRange(wrong, 0, (int)(Alpha * runs));
    }

    [Fact]
    public void Interval_FixedTestLookedAtAfterEveryRow_IsWrongFarMoreOften()
    {
        // What the sequence is for: the usual interval, looked at all the time, calls equal versions different in many runs.
        var wrong = 0;
        for (var run = 0; run < 200; run++)
        {
            var random = new Random(run);
            var mean = default(RunningMean);
            for (var i = 0; i < 1_000; i++)
            {
                mean.Add(Difference(random, 0), 1);
                if (i > 10 && !mean.Interval.Contains(0))
                {
                    wrong++;
                    break;
                }
            }
        }

        Assert.True(wrong > 40, $"Expected more than a fifth of the runs to be called different, but found {wrong} of 200.");
    }

    [Fact]
    public void Interval_RealDifference_IsFoundAndHoldsTheTruth()
    {
        // The challenger is wrong in 15 of 100 rows, the champion in 20.
        var (found, wrong) = (0, 0);
        for (var run = 0; run < 100; run++)
        {
            var random = new Random(run);
            var sequence = new ConfidenceSequence(-1, 1, Alpha);
            for (var i = 0; i < 8_000; i++)
            {
                sequence.Add((random.NextDouble() < 0.15 ? 1 : 0) - (random.NextDouble() < 0.20 ? 1 : 0));
            }

            found += sequence.Interval.Upper < 0 ? 1 : 0;
            wrong += sequence.Interval.Contains(-0.05) ? 0 : 1;
        }

        Assert.InRange(found, 95, 100);
        Assert.InRange(wrong, 0, 5);
    }

    [Fact]
    public void Interval_NoRows_IsTheWholeRange()
    {
        var sequence = new ConfidenceSequence(-2, 2);

        Assert.Equal(new ConfidenceInterval(-2, 2), sequence.Interval);
        Assert.True(double.IsNaN(sequence.Mean));
        sequence.Add(1);
        Assert.Equal(1, sequence.Mean);
        Assert.Equal(new ConfidenceInterval(-2, 2), sequence.Interval);
    }

    private static double Difference(Random random, int kind)
    {
        if (kind == 0)
        {
            var (label, one, other) = (random.Next(2), random.NextDouble(), random.NextDouble());
            return ((one - label) * (one - label)) - ((other - label) * (other - label));
        }

        return kind == 1
            ? (random.NextDouble() < 0.2 ? 1 : 0) - (random.NextDouble() < 0.2 ? 1 : 0)
            : random.NextDouble() < 0.02 ? (random.Next(2) * 2) - 1 : 0;
    }
}
