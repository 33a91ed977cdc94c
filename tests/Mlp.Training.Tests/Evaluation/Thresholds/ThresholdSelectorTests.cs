using Mlp.Runtime.Models;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Evaluation.Thresholds;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Evaluation.Calibration;
using Mlp.Training.Tests.Networks;

namespace Mlp.Training.Tests.Evaluation.Thresholds;

public sealed class ThresholdSelectorTests
{
    private static readonly float[] Scores = [0.1f, 0.2f, 0.2f, 0.5f, 0.7f, 0.7f, 0.9f, 0.95f];
    private static readonly int[] Labels = [0, 0, 1, 0, 1, 0, 1, 1];

    [Fact]
    public void Choose_LeastCost_IsTheHandComputedMinimum()
    {
        // Saying 1 of the rows from 0.9 on costs two misses: 10. From 0.7 on: 5 + 1. From 0.2 on: 3 false alarms.
        var choice = ThresholdSelector.Choose(CalibrationScores.Of(Scores, Labels), ThresholdRule.LeastCost(new CostMatrix(0, 1, 0, 5)));

        Assert.Equal(0.15, choice.Threshold, 6);
        Assert.Equal(3.0 / 8, choice.ExpectedCost);
        Assert.Equal(choice.ExpectedCost, choice.Value);
        Assert.Equal((4, 3, 1, 0), ((int)choice.Confusion.TruePositives, (int)choice.Confusion.FalsePositives, (int)choice.Confusion.TrueNegatives, (int)choice.Confusion.FalseNegatives));
        Assert.Equal((7.0 / 8, 4.0 / 8, 20.0 / 8), (choice.ExpectedCostAtHalf, choice.ExpectedCostOfAlwaysOne, choice.ExpectedCostOfAlwaysZero));
    }

    [Fact]
    public void Choose_Rules_AgreeWithEveryThresholdTriedByHand()
    {
        var (scores, labels) = CalibrationScores.Overconfident(400, seed: 1);
        (ThresholdRule Rule, Func<double, double> Merit)[] rules =
        [
            (ThresholdRule.GreatestF(), t => F(t, 1)),
            (ThresholdRule.GreatestF(2), t => F(t, 2)),
            (ThresholdRule.Youden(), t => (Tp(t) / P()) - (Fp(t) / (labels.Length - P()))),
            (ThresholdRule.MinimumPrecision(0.7), t => Tp(t) / (Tp(t) + Fp(t)) >= 0.7 ? Tp(t) / P() : -1),
            (ThresholdRule.MinimumRecall(0.9), t => Tp(t) / P() >= 0.9 ? Tp(t) / (Tp(t) + Fp(t)) : -1),
            (ThresholdRule.LeastCost(new CostMatrix(-2, 1, 0.5, 4)), t => -((-2 * Tp(t)) + Fp(t) + (0.5 * (labels.Length - P() - Fp(t))) + (4 * (P() - Tp(t))))),
        ];
        foreach (var (rule, merit) in rules)
        {
            var choice = ThresholdSelector.Choose(CalibrationScores.Of(scores, labels), rule, new() { BootstrapSamples = 0 });

            var best = scores.Select(s => (double)s).Append(0).Max(merit);
            Assert.Equal(best, merit(choice.Threshold), 9);
            Assert.DoesNotContain(scores, s => s == choice.Threshold);
            Assert.True(double.IsNaN(choice.ThresholdInterval.Lower));
        }

        double P() => labels.Sum();
        double Tp(double t) => scores.Zip(labels).Count(r => r.First >= t && r.Second == 1);
        double Fp(double t) => scores.Zip(labels).Count(r => r.First >= t && r.Second == 0);
        double F(double t, double beta) => (1 + (beta * beta)) * Tp(t) / (((1 + (beta * beta)) * Tp(t)) + (beta * beta * (P() - Tp(t))) + Fp(t));
    }

    [Fact]
    public void Choose_CostsOfTrueProbabilities_FindsElkansThreshold()
    {
        var random = new Random(2);
        float[] scores = [.. Enumerable.Range(0, 20_000).Select(_ => random.NextSingle())];
        int[] labels = [.. scores.Select(s => random.NextDouble() < s ? 1 : 0)];
        var costs = new CostMatrix(0, 1, 0, 4);

        var choice = ThresholdSelector.Choose(CalibrationScores.Of(scores, labels), ThresholdRule.LeastCost(costs), new() { BootstrapSamples = 200 });

        Assert.Equal(0.2, costs.TheoreticalThreshold);
        Assert.InRange(choice.Threshold, 0.15, 0.25);
        Assert.True(choice.ThresholdInterval.Contains(0.2));
        Assert.True(choice.ExpectedCostInterval.Contains(choice.ExpectedCost));
        Assert.True(choice.ExpectedCostInterval.Upper - choice.ExpectedCostInterval.Lower < 0.03);
    }

    [Fact]
    public void Choose_IntervalOfTheCost_CoversItsExpectation()
    {
        // The cost of saying 1 from 0.5 on of scores that come true: half of the rows cost 1 − s each, the others 4s.
        var covered = 0;
        for (var round = 0; round < 100; round++)
        {
            var random = new Random(round);
            float[] scores = [.. Enumerable.Range(0, 300).Select(_ => random.Next(2) == 0 ? 0.1f : 0.8f)];
            int[] labels = [.. scores.Select(s => random.NextDouble() < s ? 1 : 0)];
            var choice = ThresholdSelector.Choose(CalibrationScores.Of(scores, labels), ThresholdRule.LeastCost(new CostMatrix(0, 1, 0, 4)), new() { BootstrapSamples = 200, Seed = round });
            covered += choice.ExpectedCostInterval.Contains((0.5 * 0.4) + (0.5 * 0.2)) ? 1 : 0;
        }

        Assert.InRange(covered, 88, 99);
    }

    [Fact]
    public void Choose_RowCosts_CountEachRowByItsOwn()
    {
        double[] amounts = [1, 1, 100, 1, 1, 1, 1, 1];
        double[] one = [.. Labels.Select(l => l == 1 ? 0.0 : 2)];
        double[] zero = [.. Labels.Select((l, i) => l == 1 ? amounts[i] : 0.0)];

        // The row of 100 has the score 0.2, and so has one of class 0: three false alarms are cheaper than to miss it.
        var dear = ThresholdSelector.Choose(CalibrationScores.Of(Scores, Labels), ThresholdRule.LeastCost(new RowCosts(one, zero)));
        zero[2] = 1;
        var cheap = ThresholdSelector.Choose(CalibrationScores.Of(Scores, Labels), ThresholdRule.LeastCost(new RowCosts(one, zero)));

        Assert.Equal((0.15, 6.0 / 8), (Math.Round(dear.Threshold, 6), dear.ExpectedCost));
        Assert.Equal((0.8, 2.0 / 8), (Math.Round(cheap.Threshold, 6), cheap.ExpectedCost));
    }

    [Fact]
    public void Choose_WeightsAndSeed_AreRepeatedRowsAndTheSameIntervals()
    {
        var (scores, labels) = CalibrationScores.Overconfident(300, seed: 3);
        float[] weights = [.. scores.Select((_, i) => 1f + (i % 2))];
        int[] repeated = [.. Enumerable.Range(0, 300).SelectMany(i => Enumerable.Repeat(i, 1 + (i % 2)))];
        var rule = ThresholdRule.LeastCost(new CostMatrix(0, 1, 0, 2));

        var weighted = ThresholdSelector.Choose(CalibrationScores.Of(scores, labels, weights), rule);
        var plain = ThresholdSelector.Choose(CalibrationScores.Of([.. repeated.Select(i => scores[i])], [.. repeated.Select(i => labels[i])]), rule);

        Assert.Equal((plain.Threshold, plain.Confusion), (weighted.Threshold, weighted.Confusion));
        Assert.Equal(weighted, ThresholdSelector.Choose(CalibrationScores.Of(scores, labels, weights), rule));
        Assert.NotEqual(weighted.ThresholdInterval, ThresholdSelector.Choose(CalibrationScores.Of(scores, labels, weights), rule, new() { Seed = 8 }).ThresholdInterval);
    }

    [Fact]
    public async Task ChooseAsync_ModelAndItsFile_ChooseAlikeAndTheThresholdIsServed()
    {
        using var network = await new NetworkTrainer(NetworkTrainerTests.Small()).FitAsync(SyntheticRows.Create(1500, seed: 1));
        var calibration = await ScoreCalibration.FitAsync(network, SyntheticRows.Create(600, seed: 2));
        var rule = ThresholdRule.LeastCost(new CostMatrix(0, 1, 0, 3));
        var rows = SyntheticRows.Create(800, seed: 3);

        var choice = await ThresholdSelector.ChooseAsync(network, rows, rule, new() { Calibration = calibration });
        var model = network.Export(new ExportOptions { Calibration = calibration, DecisionThreshold = choice.Threshold });

        var again = await ThresholdSelector.ChooseAsync(model, rows, rule);
        Assert.Equal(choice.Threshold, again.Threshold, 1e-4);
        Assert.Equal(choice.ExpectedCost, again.ExpectedCost, 6);
        using var directory = new TestRegistry();
        var manifest = await directory.Registry.PublishAsync("m", model.ToPackage(choice.Metrics));
        Assert.Equal(choice.Threshold, manifest.Output.DecisionThreshold);
        Assert.Equal(choice.ExpectedCost, manifest.Metrics["threshold.expected_cost"]);
        Assert.Contains(FormattableString.Invariant($"Class 1 is said at and above {choice.Threshold:0.####} (95 %: "), choice.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_BadInput_IsRefusedWithASentence()
    {
        var rule = ThresholdRule.Youden();
        int[] ones = [.. Labels.Select(_ => 1)];
        float[] constant = [.. Scores.Select(_ => 0.4f)];

        Assert.Equal("Expected rows of both classes to choose a threshold on, but all 8 are of one.", Assert.Throws<TrainingDataException>(() => ThresholdSelector.Choose(CalibrationScores.Of(Scores, ones), rule)).Message);
        Assert.Equal("Expected scores that differ from row to row, but all 8 rows to choose a threshold on have the same.", Assert.Throws<TrainingDataException>(() => ThresholdSelector.Choose(CalibrationScores.Of(constant, Labels), rule)).Message);
        Assert.Equal(
            "Expected a threshold that reaches a precision of 0.99, but over the 4 rows none does.",
            Assert.Throws<TrainingDataException>(() => ThresholdSelector.Choose(CalibrationScores.Of([0.9f, 0.8f, 0.7f, 0.1f], [0, 1, 1, 0]), ThresholdRule.MinimumPrecision(0.99))).Message);
        Assert.StartsWith(
            "Expected costs that depend on the decision, but saying class 1 costs what saying class 0 does, for rows of either class: every threshold costs the same.",
            Assert.Throws<ArgumentException>(() => ThresholdRule.LeastCost(new CostMatrix(0, 0, 0, 0))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ThresholdRule.LeastCost(new CostMatrix(3, 2, 2, 3)));
        Assert.StartsWith("Expected finite costs", Assert.Throws<ArgumentException>(() => ThresholdRule.LeastCost(new CostMatrix(0, double.NaN, 0, 1))).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "Expected two costs for each of 8 rows, but found 0 and 0.",
            Assert.Throws<ArgumentException>(() => ThresholdSelector.Choose(CalibrationScores.Of(Scores, Labels), ThresholdRule.LeastCost(new RowCosts(default, default)))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "every threshold costs the same",
            Assert.Throws<ArgumentException>(() => ThresholdSelector.Choose(CalibrationScores.Of(Scores, Labels), ThresholdRule.LeastCost(new RowCosts(new double[8], new double[8])))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ThresholdRule.MinimumRecall(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ThresholdRule.GreatestF(0));
    }

    [Fact]
    public async Task ChooseAsync_Regression_IsRefused()
    {
        var options = NetworkTrainerTests.Small();
        (options.Task, options.MaxEpochs) = (ModelTask.Regression, 1);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(200, seed: 1, isRegression: true));

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => ThresholdSelector.ChooseAsync(network, SyntheticRows.Create(200, seed: 2, isRegression: true), ThresholdRule.Youden()));

        Assert.StartsWith("Expected a model for BinaryClassification, which has a threshold, but found Regression.", refused.Message, StringComparison.Ordinal);
    }
}
