using Mlp.Monitoring.Estimation;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Tests.Estimation;

public sealed class MulticlassPerformanceEstimatorTests
{
    private static readonly (double[] Scores, int[] Labels) Reference = EstimationGolden.ClassifierRows(0, 2_400);

    [Theory]
    [InlineData(EstimatedMetric.Auc)]
    [InlineData(EstimatedMetric.Accuracy)]
    [InlineData(EstimatedMetric.Precision)]
    [InlineData(EstimatedMetric.Recall)]
    [InlineData(EstimatedMetric.Specificity)]
    [InlineData(EstimatedMetric.F1)]
    public void Estimate_ThreeClasses_IsWhatNumpyAndScikitLearnCompute(EstimatedMetric metric)
    {
        var estimator = MulticlassPerformanceEstimator.Fit(Reference.Scores, Reference.Labels, 3, EstimationGolden.ChunkSize);
        var golden = EstimationGolden.Numbers("cbpe", EstimationFindings.NameOf(metric));

        var estimate = estimator.Estimate(EstimationGolden.ClassifierRows(5_000, 1_500).Scores).Single(e => e.Metric == metric);

        Assert.Equal(golden[0], estimate.Value, 1e-9);
        Assert.Equal(golden[1], estimate.SamplingError, 1e-9);
        Assert.Equal(golden[2], estimate.LowerThreshold, 1e-9);
        Assert.Equal(golden[3], estimate.UpperThreshold, 1e-9);
        Assert.Equal((golden[0] - (3 * golden[1]), golden[0] + (3 * golden[1])), (estimate.Lower, estimate.Upper), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-9 && Math.Abs(a.Item2 - b.Item2) < 1e-9);
    }

    [Fact]
    public void Estimate_TwoClasses_IsTheBinaryEstimate()
    {
        // Probabilities of two classes that add up to 1 say nothing that one of them does not say.
        var random = new Random(3);
        var positive = Enumerable.Range(0, 4_000).Select(_ => random.NextDouble()).ToArray();
        var labels = positive.Select(p => random.NextDouble() < p ? 1 : 0).ToArray();
        var scores = positive.SelectMany(p => new[] { 1 - p, p }).ToArray();
        var binary = PerformanceEstimator.Fit(positive.AsSpan(0, 3_000), labels[..3_000].Select(l => (byte)l).ToArray(), 500);
        var classes = MulticlassPerformanceEstimator.Fit(scores.AsSpan(0, 6_000), labels.AsSpan(0, 3_000), 2, 500);

        var expected = binary.Estimate(positive.AsSpan(3_000));
        var found = classes.Estimate(scores.AsSpan(6_000));

        Assert.Equal(expected.Single(e => e.Metric == EstimatedMetric.Auc).Value, found.Single(e => e.Metric == EstimatedMetric.Auc).Value, binary.IsCalibrated ? 1e-2 : 1e-12);
        Assert.Equal(expected.Single(e => e.Metric == EstimatedMetric.Accuracy).Value, found.Single(e => e.Metric == EstimatedMetric.Accuracy).Value, binary.IsCalibrated ? 1e-2 : 1e-12);
    }

    [Fact]
    public void Estimate_RowsWithWeights_AreAsManyRows()
    {
        var estimator = MulticlassPerformanceEstimator.Fit(Reference.Scores, Reference.Labels, 3, EstimationGolden.ChunkSize);
        var scores = EstimationGolden.ClassifierRows(5_000, 300).Scores;
        double[] weights = [.. Enumerable.Range(0, 300).Select(i => 1.0 + (i % 3))];
        double[] repeated = [.. Enumerable.Range(0, 300).SelectMany(i => Enumerable.Repeat(scores.AsSpan(3 * i, 3).ToArray(), 1 + (i % 3)).SelectMany(r => r))];

        var weighted = estimator.Estimate(scores, weights);
        var plain = estimator.Estimate(repeated);

        Assert.All(weighted.Zip(plain), pair => Assert.Equal(pair.Second.Value, pair.First.Value, 1e-12));
        Assert.All(weighted.Zip(plain), pair => Assert.True(pair.First.SamplingError > pair.Second.SamplingError));
    }

    [Fact]
    public void Parse_WhatToJsonWrote_EstimatesTheSame()
    {
        var estimator = MulticlassPerformanceEstimator.Fit(Reference.Scores, Reference.Labels, 3, EstimationGolden.ChunkSize);
        var profile = ReferenceProfile.Parse(new ReferenceProfileBuilder().SetScore([0.5f]).SetEstimator(estimator).Build().ToJson());
        var scores = EstimationGolden.ClassifierRows(5_000, 200).Scores;

        Assert.Equal(estimator.Estimate(scores), MulticlassPerformanceEstimator.Parse(estimator.ToJson()).Estimate(scores));
        Assert.Equal(estimator.Estimate(scores), profile.ClassEstimator!.Estimate(scores));
        Assert.Throws<InvalidDataException>(() => MulticlassPerformanceEstimator.Parse("{}"u8));
        var newer = System.Text.Encoding.UTF8.GetString(estimator.ToJson()).Replace("\"formatVersion\":1", "\"formatVersion\":2", StringComparison.Ordinal);
        Assert.Throws<Runtime.UnsupportedFormatVersionException>(() => MulticlassPerformanceEstimator.Parse(System.Text.Encoding.UTF8.GetBytes(newer)));
    }

    [Fact]
    public void Fit_RowsThatDoNotFit_AreRefusedByASentence()
    {
        Assert.StartsWith("Expected rows of every class", Assert.Throws<ArgumentException>(() => MulticlassPerformanceEstimator.Fit([0.2, 0.3, 0.5, 0.5, 0.3, 0.2], [0, 1], 3, 10)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected scores that are probabilities", Assert.Throws<ArgumentException>(() => MulticlassPerformanceEstimator.Fit([2, 3, 5, 1], [0, 1], 2, 10)).Message, StringComparison.Ordinal);
        var estimator = MulticlassPerformanceEstimator.Fit(Reference.Scores, Reference.Labels, 3, EstimationGolden.ChunkSize);
        Assert.StartsWith("Expected at least one row of 3 scores", Assert.Throws<ArgumentException>(() => estimator.Estimate([0.5, 0.5])).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected every score to be a number", Assert.Throws<ArgumentException>(() => estimator.Estimate([0.5, 0.5, double.NaN])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NameOf_SeveralClasses_IsThatOfTheRealisedMean()
    {
        Assert.Equal("macro_auc", EstimationFindings.NameOf(EstimatedMetric.Auc, ModelTask.MulticlassClassification));
        Assert.Equal("accuracy", EstimationFindings.NameOf(EstimatedMetric.Accuracy, ModelTask.MulticlassClassification));
        Assert.Equal("auc", EstimationFindings.NameOf(EstimatedMetric.Auc, ModelTask.BinaryClassification));
    }
}
