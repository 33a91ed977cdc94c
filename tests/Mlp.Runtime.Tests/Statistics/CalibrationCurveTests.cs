using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class CalibrationCurveTests
{
    [Fact]
    public void EqualWidth_ScoreOnAnEdge_GoesToTheUpperBinAndOneToTheLast()
    {
        var bins = new CalibrationBin[10];
        CalibrationCurve.EqualWidth([0.0, 0.1, 0.3, 1.0], [Math.BitDecrement(0.3)], bins);

        Assert.Equal([1, 1, 1, 1, 0, 0, 0, 0, 0, 1], bins.Select(bin => bin.Count));
        Assert.Equal(0, bins[2].PositiveShare);
        Assert.Equal(1, bins[3].PositiveShare);
        Assert.True(double.IsNaN(bins[4].MeanScore) && double.IsNaN(bins[4].PositiveShare));
        Assert.Equal(1, bins[9].UpperEdge);
    }

    [Theory]
    [InlineData(15, 0.09701136932239897)]
    [InlineData(10, 0.09701136932239895)]
    public void ExpectedError_GoldenScores_GivesGoldenValue(int binCount, double expected)
    {
        using var classes = ClassScores.Create<double>(GoldenVectors.Scores, GoldenVectors.Labels);
        var bins = new CalibrationBin[binCount];
        CalibrationCurve.EqualWidth(classes.Positives, classes.Negatives, bins);

        Assert.Equal(expected, CalibrationCurve.ExpectedError(bins), 1e-12);
    }

    [Fact]
    public void ExpectedError_HandComputed_WeighsBinsByTheirRows()
    {
        var bins = new CalibrationBin[2];
        CalibrationCurve.EqualWidth([0.75, 0.875], [0.25, 0.5], bins);

        // Lower bin: 1 row, mean 0.25, share 0. Upper: 3 rows (0.5 is on the edge), mean 0.7083, share 0.6667.
        Assert.Equal((1 * 0.25 / 4) + (3 * ((2.125 / 3) - (2.0 / 3)) / 4), CalibrationCurve.ExpectedError(bins), 1e-15);
        Assert.Equal(0.25, CalibrationCurve.MaximumError(bins), 1e-15);
    }

    [Fact]
    public void EqualMass_TiedRunAcrossBoundary_SharesPositivesInProportion()
    {
        var bins = new CalibrationBin[2];
        CalibrationCurve.EqualMass([0.5, 0.5, 0.9], [0.1, 0.5, 0.5], bins);

        Assert.Equal(new(0.1, 0.5, 3, 1.1 / 3, 1.0 / 3), bins[0]);
        Assert.Equal(0.5, bins[1].LowerEdge);
        Assert.Equal(0.9, bins[1].UpperEdge);
        Assert.Equal(2.0 / 3, bins[1].PositiveShare, 1e-15);
    }

    [Property(MaxTest = 100)]
    public bool EqualMass_AnyScores_KeepsRowsScoresAndPositives(int seed)
    {
        var (positives, negatives) = BinaryKernelTests.TiedClasses(seed);
        var bins = new CalibrationBin[10];
        CalibrationCurve.EqualMass(positives, negatives, bins);
        var filled = bins.Where(bin => bin.Count > 0).ToArray();
        return filled.Sum(bin => bin.Count) == positives.Length + negatives.Length
            && filled.Max(bin => bin.Count) - bins.Min(bin => bin.Count) <= 1
            && Math.Abs(filled.Sum(bin => bin.Count * bin.PositiveShare) - positives.Length) < 1e-9
            && Math.Abs(filled.Sum(bin => bin.Count * bin.MeanScore) - positives.Sum() - negatives.Sum()) < 1e-9
            && filled.Zip(filled.Skip(1)).All(pair => pair.First.UpperEdge <= pair.Second.LowerEdge);
    }

    [Fact]
    public void ExpectedError_NoRows_IsNaN()
    {
        var bins = new CalibrationBin[3];
        CalibrationCurve.EqualMass([], [], bins);

        Assert.True(double.IsNaN(CalibrationCurve.ExpectedError(bins)));
        Assert.True(double.IsNaN(CalibrationCurve.MaximumError(bins)));
    }
}
