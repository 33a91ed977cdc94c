using FsCheck.Xunit;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Statistics;

/// <summary>The kernels against slow twins that follow the definitions word for word.</summary>
public class BinaryKernelTests
{
    [Property(MaxTest = 100)]
    public bool RocAuc_ManyTies_EqualsCountOverAllPairs(int seed)
    {
        var (positives, negatives) = TiedClasses(seed);
        var sum = 0.0;
        foreach (var positive in positives)
        {
            foreach (var negative in negatives)
            {
                sum += positive > negative ? 1 : positive == negative ? 0.5 : 0;
            }
        }

        return RocAuc.Compute(positives, negatives) == sum / (positives.Length * (double)negatives.Length);
    }

    [Property(MaxTest = 100)]
    public bool RocAuc_ClassesSwapped_IsTheComplement(int seed)
    {
        var (positives, negatives) = TiedClasses(seed);
        return Math.Abs(RocAuc.Compute(positives, negatives) + RocAuc.Compute(negatives, positives) - 1) < 1e-15;
    }

    [Fact]
    public void RocAuc_AllScoresTied_IsOneHalf() => Assert.Equal(0.5, RocAuc.Compute([0.3, 0.3], [0.3, 0.3, 0.3]));

    [Fact]
    public void RocAuc_SignedZeros_Tie()
    {
        byte[] labels = [1, 0];
        Assert.Equal(0.5, BinaryClassificationMetrics.Compute([-0.0, 0.0], labels).Auc);
        Assert.Equal(0.5, BinaryClassificationMetrics.Compute([0.0, -0.0], labels).Auc);
    }

    [Property(MaxTest = 100)]
    public bool AveragePrecision_ManyTies_EqualsSumOverThresholds(int seed)
    {
        var (positives, negatives) = TiedClasses(seed);
        var sum = 0.0;
        var recall = 0.0;
        foreach (var threshold in positives.Concat(negatives).Distinct().OrderDescending())
        {
            var truePositives = positives.Count(score => score >= threshold);
            var falsePositives = negatives.Count(score => score >= threshold);
            var newRecall = truePositives / (double)positives.Length;
            sum += (newRecall - recall) * truePositives / (truePositives + falsePositives);
            recall = newRecall;
        }

        return Math.Abs(AveragePrecision.Compute(positives, negatives) - sum) < 1e-12;
    }

    [Property(MaxTest = 100)]
    public bool LogLoss_Fast_AgreesWithScalarTwin(int seed)
    {
        var random = new Random(seed);
        double[] Draw() => [.. Enumerable.Range(0, random.Next(0, 700)).Select(_ => random.Next(5) switch
        {
            0 => 0.0,
            1 => 1.0,
            2 => random.NextDouble() * 1e-12,
            _ => random.NextDouble(),
        })];
        var (positives, negatives) = (Draw(), Draw());
        var expected = LogLoss.ComputeScalar(positives, negatives);
        var actual = LogLoss.Compute(positives, negatives);
        return (double.IsNaN(expected) && double.IsNaN(actual)) || Math.Abs(actual - expected) <= 1e-13 * Math.Max(1, expected);
    }

    [Property(MaxTest = 100)]
    public bool BrierScore_AgreesWithDefinition(int seed)
    {
        var (positives, negatives) = TiedClasses(seed);
        var expected = (positives.Sum(p => (1 - p) * (1 - p)) + negatives.Sum(p => p * p)) / (positives.Length + negatives.Length);
        return Math.Abs(BrierScore.Compute(positives, negatives) - expected) < 1e-13;
    }

    [Property(MaxTest = 100)]
    public bool ConfusionCounts_AnyThreshold_EqualCountsRowByRow(int seed)
    {
        var (positives, negatives) = TiedClasses(seed);
        var threshold = new Random(~seed).Next(0, 21) / 20.0;
        var counts = ConfusionCounts.AtThreshold(positives, negatives, threshold);
        return counts == new ConfusionCounts(
            positives.Count(score => score >= threshold), negatives.Count(score => score >= threshold),
            negatives.Count(score => score < threshold), positives.Count(score => score < threshold));
    }

    [Theory]
    [InlineData(64, 0.8569979758178818, 0.004630264639990689)]
    [InlineData(256, 0.8573866021588505, 0.0010619682365508268)]
    [InlineData(1024, 0.8574115407475758, 8.105041335710812e-05)]
    [InlineData(4096, 0.8573928368060318, 0.0)]
    public void RocAuc_FromBins_GivesGoldenValueAndBound(int bins, double expected, double expectedBound)
    {
        var positives = new long[bins];
        var negatives = new long[bins];
        for (var i = 0; i < GoldenVectors.Scores.Length; i++)
        {
            (GoldenVectors.Labels[i] == 1 ? positives : negatives)[EqualWidthBins.IndexOf(GoldenVectors.Scores[i], bins)]++;
        }

        var auc = RocAuc.FromBins(positives, negatives, out var bound);

        Assert.Equal(expected, auc, 1e-12);
        Assert.Equal(expectedBound, bound, 1e-12);
    }

    [Fact]
    public void RocAuc_FromBinsOfOneClass_IsNaN()
    {
        Assert.True(double.IsNaN(RocAuc.FromBins([1, 2], [0, 0], out var bound)));
        Assert.True(double.IsNaN(bound));
    }

    [Property(MaxTest = 100)]
    public bool Sort_AnyDoubles_EqualsScalarTwin(int seed)
    {
        var random = new Random(seed);
        var values = new double[random.Next(0, 3000)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = random.Next(6) switch
            {
                0 => -0.0,
                1 => BitConverter.Int64BitsToDouble(random.NextInt64()),
                2 => -BitConverter.Int64BitsToDouble(random.NextInt64(long.MaxValue)),
                3 => double.NegativeInfinity,
                4 => (float)random.NextDouble(),
                _ => random.Next(-3, 4),
            };
            values[i] = double.IsNaN(values[i]) ? 0 : values[i];
        }

        var expected = values.ToArray();
        RadixSort.SortScalar(expected);
        var scratch = new double[values.Length];
        var byPool = values.ToArray();
        RadixSort.Sort(byPool);
        if (values.Length > 0)
        {
            RadixSort.Sort(values, scratch);
        }

        return expected.AsSpan().SequenceEqual(values) && expected.AsSpan().SequenceEqual(byPool)
            && !values.Any(value => value == 0 && double.IsNegative(value));
    }

    [Property(MaxTest = 100)]
    public bool Sums_Vectorised_EqualScalarTwinsBitForBit(int seed)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, random.Next(0, 100)).Select(_ => (random.NextDouble() - 0.5) * 1e6).ToArray();
        return Summation.Sum(values) == Summation.SumScalar(values)
            && Summation.SumOfMagnitudes(values) == Summation.SumOfMagnitudesScalar(values)
            && Summation.SumOfSquaredDeviations(values, 0.3) == Summation.SumOfSquaredDeviationsScalar(values, 0.3)
            && Math.Abs(Summation.Sum(values) - values.Sum()) < 1e-6;
    }

    [Fact]
    public void Kernels_OnSortedSpans_AllocateNothing()
    {
        var (positives, negatives) = TiedClasses(1);
        var bins = new CalibrationBin[10];
        var sum = 0.0;

        Assert.Equal(0, Allocations.OfBestRun(() => sum += Run()));
        Assert.True(double.IsFinite(sum));

        double Run()
        {
            CalibrationCurve.EqualMass(positives, negatives, bins);
            CalibrationCurve.EqualWidth(positives, negatives, bins);
            return RocAuc.Compute(positives, negatives) + AveragePrecision.Compute(positives, negatives) + LogLoss.Compute(positives, negatives)
                + BrierScore.Compute(positives, negatives) + ConfusionCounts.AtThreshold(positives, negatives, 0.5).Accuracy
                + CalibrationCurve.ExpectedError(bins) + CalibrationCurve.MaximumError(bins);
        }
    }

    internal static (double[] Positives, double[] Negatives) TiedClasses(int seed)
    {
        var random = new Random(seed);
        double[] Draw() => [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(0, 21) / 20.0).Order()];
        return (Draw(), Draw());
    }
}
