using System.Text.Json;
using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class WeightedMetricsTests
{
    [Property(MaxTest = 50)]
    public void ComputeWeighted_WholeWeights_AgreesWithRepeatedRows(int seed)
    {
        var (scores, labels, weights) = Draw(seed, rows: 90);
        var repeated = Enumerable.Range(0, scores.Length).SelectMany(i => Enumerable.Repeat(i, (int)weights[i])).ToArray();

        var expected = BinaryClassificationMetrics.Compute([.. repeated.Select(i => scores[i])], (byte[])[.. repeated.Select(i => labels[i])], 0.4);
        var found = BinaryClassificationMetrics.ComputeWeighted(scores, labels, weights, 0.4);

        Assert.Equal((90, expected.Confusion), (found.RowCount, found.Confusion));
        Assert.Equal(expected.Auc, found.Auc, 1e-12);
        Assert.Equal(expected.AveragePrecision, found.AveragePrecision, 1e-12);
        Assert.Equal(expected.LogLoss, found.LogLoss, 1e-12);
        Assert.Equal(expected.Brier, found.Brier, 1e-12);
        Assert.Equal(expected.ExpectedCalibrationError, found.ExpectedCalibrationError, 1e-12);
        Assert.Equal(expected.MaximumCalibrationError, found.MaximumCalibrationError, 1e-12);
        Assert.Equal(expected.Calibration.Select(b => (b.LowerEdge, b.UpperEdge, b.Count)), found.Calibration.Select(b => (b.LowerEdge, b.UpperEdge, b.Count)));

        // Ten bins share the repeated rows evenly only where their number can be.
        Assert.Equal(expected.EqualMassCalibrationError, found.EqualMassCalibrationError, repeated.Length % 10 == 0 ? 1e-12 : 0.1);
    }

    [Property(MaxTest = 20)]
    public void ComputeWeighted_AnyOrder_GivesTheSameBits(int seed)
    {
        var (scores, labels, weights) = Draw(seed, rows: 200);
        var order = Enumerable.Range(0, scores.Length).OrderBy(i => (i * 7919) % 200).ToArray();

        var before = BinaryClassificationMetrics.ComputeWeighted(scores, labels, weights, 0.5);
        var after = BinaryClassificationMetrics.ComputeWeighted([.. order.Select(i => scores[i])], [.. order.Select(i => labels[i])], [.. order.Select(i => weights[i])], 0.5);

        Assert.Equal(JsonSerializer.Serialize(before), JsonSerializer.Serialize(after));
    }

    [Fact]
    public void ComputeWeighted_WeightsOfOne_GivesTheBitsWithoutWeights()
    {
        var (scores, labels, _) = Draw(3, rows: 100);
        var targets = Array.ConvertAll(labels, l => (double)l);
        double[] ones = [.. Enumerable.Repeat(1.0, 100)];

        Assert.Equal(
            JsonSerializer.Serialize(BinaryClassificationMetrics.Compute(scores, labels)), JsonSerializer.Serialize(BinaryClassificationMetrics.ComputeWeighted(scores, labels, ones, 0.5)));
        Assert.Equal(RegressionMetrics.Compute(scores, targets), RegressionMetrics.ComputeWeighted(scores, targets, ones));
    }

    [Fact]
    public void ComputeWeighted_HandComputed_WeighsPairsAndShares()
    {
        // Positives 0.8 (weight 3) and 0.2 (1), negatives 0.2 (2) and 0.6 (4): right pairs 3·6 + 1·(2/2) of 4·6.
        var found = BinaryClassificationMetrics.ComputeWeighted([0.8, 0.2, 0.2, 0.6], [1, 1, 0, 0], [3, 1, 2, 4], 0.5);

        Assert.Equal(19.0 / 24, found.Auc, 1e-15);
        Assert.Equal((0.5, 3.0 / 7, 3.0 / 4), (found.Accuracy, found.Precision, found.Recall));
        Assert.Equal(((3 * 0.04) + 0.64 + (2 * 0.04) + (4 * 0.36)) / 10, found.Brier, 1e-15);
    }

    [Fact]
    public void ComputeWeighted_ScoresThatAreNoProbabilities_HaveNoProbabilityMetrics()
    {
        var found = BinaryClassificationMetrics.ComputeWeighted([-3, 5], [0, 1], [2, 3], 0);

        Assert.Equal((1.0, double.NaN), (found.Auc, found.Brier));
        Assert.Empty(found.Calibration);
        Assert.Equal(double.NaN, BinaryClassificationMetrics.ComputeWeighted([0.5, 0.5], [1, 1], [2, 3], 0).Auc);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void ComputeWeighted_WeightThatNoRowCanHave_IsRefused(double weight)
    {
        var error = Assert.Throws<ArgumentException>(() => BinaryClassificationMetrics.ComputeWeighted([0.5, 0.5], [1, 0], [1, weight], 0.5));
        Assert.Contains("row 1", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RegressionMetrics.ComputeWeighted([0.5, 0.5], [1, 0], [1, weight]));
        Assert.Contains("2 rows and 1 weights", Assert.Throws<ArgumentException>(() => RegressionMetrics.ComputeWeighted([0.5, 0.5], [1, 0], [1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FeatureHistogram_WeightedRows_CountAsManyAsTheyStandFor()
    {
        var profile = new ReferenceProfileBuilder().AddNumeric("x", Enumerable.Range(0, 100).Select(i => (double)i).ToArray()).Build().Features[0];
        var (weighted, repeated) = (new FeatureHistogram(profile), new FeatureHistogram(profile));
        var other = new FeatureHistogram(profile);
        for (var i = 0; i < 40; i++)
        {
            (i % 2 == 0 ? weighted : other).Add(i * 3.0, 1 + (i % 3));
            for (var repetition = 0; repetition <= i % 3; repetition++)
            {
                repeated.Add(i * 3.0);
            }
        }

        weighted.AddWeightedMissing(2.5);
        weighted.Merge(other);

        var weights = weighted.GetWeights();
        Assert.Equal(41, weighted.RowCount);
        Assert.Equal(2.5, weights[^1]);
        Assert.Equal(repeated.GetWeights()[..^1], weights[..^1]);
        var squares = Enumerable.Range(0, 40).Sum(i => (1 + (i % 3)) * (1 + (i % 3))) + 6.25;
        Assert.Equal(weights.Sum() * weights.Sum() / squares, weighted.EffectiveRowCount, 1e-12);
        Assert.Equal(repeated.RowCount, repeated.EffectiveRowCount);

        weighted.Clear();
        Assert.Equal((0, 0.0), (weighted.RowCount, weighted.EffectiveRowCount));
        Assert.All(weighted.GetWeights(), w => Assert.Equal(0, w));
    }

    private static (double[] Scores, byte[] Labels, double[] Weights) Draw(int seed, int rows)
    {
        var random = new Random(seed);
        var scores = Enumerable.Range(0, rows).Select(_ => random.Next(21) / 20.0).ToArray();
        return (scores, [.. scores.Select(s => random.NextDouble() < s ? (byte)1 : (byte)0)], [.. scores.Select(_ => (double)random.Next(1, 5))]);
    }
}
