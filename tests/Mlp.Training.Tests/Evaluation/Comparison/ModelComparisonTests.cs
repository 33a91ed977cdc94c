using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Comparison;
using Mlp.Training.Evaluation.Folds;
using Mlp.Training.Tests.Evaluation.Folds;

namespace Mlp.Training.Tests.Evaluation.Comparison;

public sealed class ModelComparisonTests
{
    [Theory]
    [InlineData(true, GateDecision.Promote)]
    [InlineData(false, GateDecision.Reject)]
    public void Compare_ClearDifference_IsDecided(bool isBetter, GateDecision decision)
    {
        var (good, poor) = Binary(600, seed: 1);

        var result = isBetter ? ModelComparison.Compare(good, poor) : ModelComparison.Compare(poor, good);

        Assert.Equal((decision, PairedTest.DeLong, GateMetric.Auc), (result.Decision, result.Test, result.Metric));
        Assert.Equal(result.Challenger - result.Champion, result.Improvement, 1e-15);
        Assert.InRange(result.Improvement, result.Interval!.Lower, result.Interval.Upper);
        Assert.InRange(result.PValue, 0, 0.001);
        Assert.Equal(isBetter, result.Interval.Lower > 0);
        Assert.Contains(" of the champion on 600 rows", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_DifferenceWithinChance_IsInconclusive()
    {
        var random = new Random(8);
        double[] labels = [.. Enumerable.Range(0, 150).Select(_ => (double)random.Next(2))];
        double[] scores = [.. labels.Select(l => ((0.3 * l) + random.NextDouble()) / 1.4)];
        double[] other = [.. scores.Select(s => Math.Clamp(s + ((random.NextDouble() - 0.5) * 0.2), 0, 1))];
        var (a, b) = (ScoredRows.Binary(scores, labels), ScoredRows.Binary(other, labels));
        var result = ModelComparison.Compare(a, b) is { Improvement: > 0 } better ? better : ModelComparison.Compare(b, a);

        Assert.Equal(GateDecision.Inconclusive, result.Decision);
        Assert.StartsWith("The improvement may be chance: with 95 % confidence it lies between -", result.Reason, StringComparison.Ordinal);
        Assert.InRange(result.PValue, 0.05, 1);
    }

    [Fact]
    public void Compare_SameScores_IsNoImprovement()
    {
        var (good, _) = Binary(200, seed: 2);

        var result = ModelComparison.Compare(good, good);

        Assert.Equal((GateDecision.Reject, 0.0, 1.0), (result.Decision, result.Improvement, result.PValue));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compare_DeLong_EqualsTheCovarianceOfAllPairs(bool isWeighted)
    {
        var (good, poor) = Binary(80, seed: 3, isRounded: true);
        if (isWeighted)
        {
            // A row of weight 2 beside rows of weight 1.
            double[] weights = [.. Enumerable.Range(0, 80).Select(i => i % 3 == 0 ? 2.0 : 1)];
            (good, poor) = (ScoredRows.Binary(good.Scores, good.Labels, weights), ScoredRows.Binary(poor.Scores, poor.Labels, weights));
        }

        var result = ModelComparison.Compare(good, poor, new GateOptions { MinimumRows = 1 });

        var standardError = Math.Sqrt(NaiveVariance(good, poor));
        Assert.Equal(2 * 1.959963984540054 * standardError, result.Interval!.Upper - result.Interval.Lower, 1e-12);
    }

    [Fact]
    public void Compare_DeLongAndBootstrap_AgreeRoughly()
    {
        var (good, poor) = Binary(500, seed: 4);

        var formula = ModelComparison.Compare(good, poor);
        var drawn = ModelComparison.Compare(good, poor, new GateOptions { Test = PairedTest.Bootstrap });

        Assert.Equal(PairedTest.Bootstrap, drawn.Test);
        Assert.InRange((drawn.Interval!.Upper - drawn.Interval.Lower) / (formula.Interval!.Upper - formula.Interval.Lower), 0.85, 1.15);
    }

    [Fact]
    public void Compare_IntervalOfTheImprovement_CoversTheTruth()
    {
        // Normal scores 1.2 and 0.8 apart: the areas are Φ(1.2 / √2) and Φ(0.8 / √2).
        const double True = 0.80193774 - 0.71419550;
        var random = new Random(9);
        var covered = 0;
        for (var i = 0; i < 400; i++)
        {
            double[] labels = [.. Enumerable.Range(0, 150).Select(_ => (double)random.Next(2))];
            double[] noise = [.. labels.Select(_ => Normal(random))];
            var a = ScoredRows.Binary([.. labels.Select((l, row) => (1.2 * l) + (0.6 * noise[row]) + (0.8 * Normal(random)))], labels);
            var b = ScoredRows.Binary([.. labels.Select((l, row) => (0.8 * l) + (0.6 * noise[row]) + (0.8 * Normal(random)))], labels);
            var interval = ModelComparison.Compare(a, b, new GateOptions { MaximumLogLossIncrease = 100 }).Interval!;
            covered += interval.Lower <= True && True <= interval.Upper ? 1 : 0;
        }

        Assert.InRange(covered, 0.92 * 400, 0.98 * 400);
    }

    [Theory]
    [InlineData(GateMetric.LogLoss)]
    [InlineData(GateMetric.Accuracy)]
    [InlineData(GateMetric.MacroF1)]
    [InlineData(GateMetric.MacroAuc)]
    public void Compare_SeveralClasses_PromotesTheBetter(GateMetric metric)
    {
        var (good, poor) = Multiclass(400);

        var result = ModelComparison.Compare(good, poor, new GateOptions { Metric = metric, BootstrapSamples = 200 });

        Assert.Equal(GateDecision.Promote, result.Decision);
        Assert.Equal(metric == GateMetric.MacroAuc ? PairedTest.DeLong : PairedTest.Bootstrap, result.Test);
        Assert.True(result.Interval!.Lower > 0);
        Assert.InRange(result.Improvement, result.Interval.Lower, result.Interval.Upper);
    }

    [Theory]
    [InlineData(GateMetric.Ndcg)]
    [InlineData(GateMetric.MeanReciprocalRank)]
    [InlineData(GateMetric.MeanAveragePrecision)]
    public void Compare_Ranking_DrawsGroups(GateMetric metric)
    {
        var random = new Random(5);
        double[] gains = [.. Enumerable.Range(0, 1000).Select(i => i / 10 == 3 || random.Next(4) > 0 ? 0 : (double)random.Next(1, 3))];
        ulong[] groups = [.. gains.Select((_, i) => (ulong)i / 10)];
        var good = ScoredRows.Ranking([.. gains.Select(g => g + random.NextDouble())], gains, groups);
        var poor = ScoredRows.Ranking([.. gains.Select(g => (0.2 * g) + random.NextDouble())], gains, groups);

        var result = ModelComparison.Compare(good, poor, new GateOptions { Metric = metric, BootstrapSamples = 300 });

        Assert.Equal(GateDecision.Promote, result.Decision);
        Assert.InRange(result.Improvement, result.Interval!.Lower, result.Interval.Upper);
    }

    [Theory]
    [InlineData(GateMetric.MeanAbsoluteError)]
    [InlineData(GateMetric.RSquared)]
    public void Compare_Regression_PromotesTheBetter(GateMetric metric)
    {
        var random = new Random(6);
        double[] labels = [.. Enumerable.Range(0, 300).Select(_ => random.NextDouble() * 10)];
        var good = ScoredRows.Regression([.. labels.Select(l => l + Normal(random))], labels);
        var poor = ScoredRows.Regression([.. labels.Select(l => l + (2 * Normal(random)))], labels);

        var result = ModelComparison.Compare(good, poor, new GateOptions { Metric = metric, BootstrapSamples = 200 });

        Assert.Equal(GateDecision.Promote, result.Decision);
        Assert.InRange(result.Improvement, result.Interval!.Lower, result.Interval.Upper);
    }

    [Fact]
    public void Compare_TooFewRows_IsInconclusive()
        => Assert.Equal("Expected at least 100 rows to compare on, but found 90: the champion stays.", ModelComparison.Compare(Binary(90, 1).Good, Binary(90, 1).Poor).Reason);

    [Fact]
    public void Compare_OtherRows_AreRefused()
    {
        var (good, _) = Binary(200, seed: 1);
        var (_, other) = Binary(200, seed: 2);

        Assert.StartsWith("Expected both models to be scored on the same rows, but the labels of row ", Assert.Throws<ArgumentException>(() => ModelComparison.Compare(good, other)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected both models to be scored on the same rows, but found 200 rows", Assert.Throws<ArgumentException>(() => ModelComparison.Compare(good, Binary(100, 1).Poor)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_TestThatDoesNotFit_IsRefused()
    {
        var (good, poor) = Binary(200, seed: 1);

        Assert.Throws<ArgumentException>(() => ModelComparison.Compare(good, poor, new GateOptions { Test = PairedTest.CorrectedT }));
        Assert.Throws<ArgumentException>(() => ModelComparison.Compare(good, poor, new GateOptions { Test = PairedTest.DeLong, Metric = GateMetric.Brier }));
    }

    [ScikitLearnFact]
    public async Task Compare_CrossValidations_IsTheCorrectedTTest()
    {
        var set = FoldData.Set(600);
        var good = await CrossValidation.RunAsync(FoldData.Scorer(), set);
        var poor = await CrossValidation.RunAsync(
            new StubTrainer(ModelTask.BinaryClassification, (_, batch) => [.. StubModel.ScoreColumn(batch).Select((s, i) => (0.7f * s) + (0.1f * (i % 4)))]), set);

        var result = ModelComparison.Compare(good, poor);

        var differences = good.Metrics["auc"].Values.Zip(poor.Metrics["auc"].Values, (a, b) => a - b);
        var expected = ScikitLearn.Run(
            """
            from scipy import stats
            e = d.std(ddof=1) * (1 / 5 + 120 / 480) ** 0.5
            out['p'] = 2 * stats.t.sf(abs(d.mean() / e), 4)
            out['lower'] = d.mean() - stats.t.ppf(0.975, 4) * e
            """,
            ("d", differences));
        Assert.Equal(PairedTest.CorrectedT, result.Test);
        Assert.Equal(expected["p"][0], result.PValue, 1e-9);
        Assert.Equal(expected["lower"][0], result.Interval!.Lower, 1e-9);
        Assert.Equal(good.Metrics["auc"].Mean, result.Challenger, 1e-15);
    }

    [Fact]
    public async Task Compare_CrossValidationsOfOtherFolds_AreRefused()
    {
        var one = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(100));
        var two = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(100), new() { Seed = 7 });

        Assert.Throws<ArgumentException>(() => ModelComparison.Compare(one, two));
    }

    [Fact]
    public async Task Compare_CrossValidationsOfOtherRows_AreRefusedThoughTheirFoldsAreAlike()
    {
        var one = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(100));
        var same = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(100));
        var other = await CrossValidation.RunAsync(FoldData.Scorer(), new ChangedTrainingSet(FoldData.Set(100), m => m with { ContentHash = new string('b', 64) }));

        Assert.NotNull(ModelComparison.Compare(one, same));
        Assert.Throws<ArgumentException>(() => ModelComparison.Compare(one, other));
    }

    [Fact]
    public void Compare_ImprovementThatMayBeLessThanTheMinimum_IsInconclusive()
    {
        var (good, poor) = Binary(600, seed: 1);
        var plain = ModelComparison.Compare(good, poor);
        var (lower, improvement) = (plain.Interval!.Lower, plain.Improvement);

        var may = ModelComparison.Compare(good, poor, new GateOptions { MinimumImprovement = (lower + improvement) / 2 });
        var surely = ModelComparison.Compare(good, poor, new GateOptions { MinimumImprovement = lower / 2 });

        Assert.Equal(GateDecision.Inconclusive, may.Decision);
        Assert.StartsWith("The improvement may be chance: ", may.Reason, StringComparison.Ordinal);
        Assert.Equal(GateDecision.Promote, surely.Decision);
    }

    [Theory]
    [InlineData(29, GateDecision.Inconclusive)]
    [InlineData(30, GateDecision.Promote)]
    public void Compare_FewRowsOfAClass_GivesNoVerdict(int positives, GateDecision decision)
    {
        var (good, poor) = Rare(300, positives, zeroWeights: false);

        var result = ModelComparison.Compare(good, poor, new GateOptions { MaximumLogLossIncrease = 100 });

        Assert.Equal(decision, result.Decision);
        if (decision == GateDecision.Inconclusive)
        {
            Assert.Equal("Expected at least 30 rows of each class to compare on, but class 1 has 29: the champion stays.", result.Reason);
            Assert.Equal(GateDecision.Promote, ModelComparison.Compare(good, poor, new GateOptions { MinimumClassRows = 29, MaximumLogLossIncrease = 100 }).Decision);
        }
    }

    [Fact]
    public void Compare_RowsOfWeightZero_AreNoRowsOfAClass()
    {
        var (good, poor) = Rare(300, 40, zeroWeights: true);

        Assert.Equal("Expected at least 30 rows of each class to compare on, but class 1 has 20: the champion stays.", ModelComparison.Compare(good, poor).Reason);
    }

    [Theory]
    [InlineData(GateMetric.MacroAuc, GateDecision.Inconclusive)]
    [InlineData(GateMetric.Accuracy, GateDecision.Promote)]
    public void Compare_FewRowsOfOneOfSeveralClasses_CountsWhereTheMetricAveragesOverClasses(GateMetric metric, GateDecision decision)
    {
        int[] labels = [.. Enumerable.Range(0, 300).Select(i => i < 10 ? 2 : i % 2)];
        string[] names = ["a", "b", "c"];
        double[] right = [.. labels.SelectMany(l => Enumerable.Range(0, 3).Select(c => c == l ? 0.8 : 0.1))];
        double[] turned = [.. labels.SelectMany((l, i) => Enumerable.Range(0, 3).Select(c => c == (i % 3 == 0 ? (l + 1) % 3 : l) ? 0.8 : 0.1))];

        var result = ModelComparison.Compare(ScoredRows.Multiclass(right, labels, names), ScoredRows.Multiclass(turned, labels, names), new GateOptions { Metric = metric, BootstrapSamples = 200 });

        Assert.Equal(decision, result.Decision);
        Assert.Equal(decision == GateDecision.Inconclusive, result.Reason == "Expected at least 30 rows of each class to compare on, but class 'c' has 10: the champion stays.");
    }

    [Fact]
    public void Compare_CancelledToken_Ends()
    {
        var (good, poor) = Binary(200, seed: 1);

        Assert.Throws<OperationCanceledException>(() => ModelComparison.Compare(good, poor, cancellationToken: new CancellationToken(true)));
    }

    [Fact]
    public void Compare_OtherWeights_AreNotTheSameRows()
    {
        var (good, poor) = Binary(200, seed: 1);
        double[] weights = [.. Enumerable.Range(0, 200).Select(i => 1.0 + (i % 2))];

        Assert.StartsWith(
            "Expected both models to be scored on the same rows, but found 200 rows",
            Assert.Throws<ArgumentException>(() => ModelComparison.Compare(ScoredRows.Binary(good.Scores, good.Labels, weights), poor)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_CrossValidationsWhoseLogLossRises_IsRejected()
    {
        var constant = new StubTrainer(ModelTask.BinaryClassification, (_, batch) => new float[batch.Length]);
        var (good, poor) = (await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(400)), await CrossValidation.RunAsync(constant, FoldData.Set(400)));
        static CrossValidationResult With(CrossValidationResult result, double logLoss)
            => result with { OutOfFold = result.OutOfFold with { Metrics = new Dictionary<string, double> { ["log_loss"] = logLoss } } };

        var rising = ModelComparison.Compare(With(good, 2), With(poor, 1));

        Assert.Equal(GateDecision.Reject, rising.Decision);
        Assert.StartsWith("The log loss rises from 1 to 2, more than 0.05", rising.Reason, StringComparison.Ordinal);
        Assert.Equal(GateDecision.Promote, ModelComparison.Compare(With(good, 1), With(poor, 2)).Decision);
    }

    [Fact]
    public async Task CompareAsync_TwoModels_ScoresBothOnTheHoldout()
    {
        var good = new StubModel(ModelTask.BinaryClassification, [], StubModel.ScoreColumn);
        var constant = new StubModel(ModelTask.BinaryClassification, [], batch => new float[batch.Length]);

        var result = await ModelComparison.CompareAsync(good, constant, FoldData.Set(400), new GateOptions { MaximumLogLossIncrease = 100 });

        Assert.Equal((GateDecision.Promote, 0.5), (result.Decision, result.Champion));
    }

    // S₁₀ and S₀₁ over all pairs; with weights each placement's share of the weights.
    private static double NaiveVariance(ScoredRows a, ScoredRows b)
    {
        var (n, labels) = (a.RowCount, a.Labels.ToArray());
        double[] weights = [.. a.Weights.IsEmpty ? Enumerable.Repeat(1.0, n) : a.Weights.ToArray()];
        double[] Placements(double[] scores, int own) => [.. Enumerable.Range(0, n).Where(i => labels[i] == own).Select(i =>
        {
            var others = Enumerable.Range(0, n).Where(j => labels[j] != own).ToArray();
            double Right(int j) => scores[i] == scores[j] ? 0.5 : scores[i] > scores[j] == (own == 1) ? 1 : 0;
            return others.Sum(j => weights[j] * Right(j)) / others.Sum(j => weights[j]);
        })];
        var variance = 0.0;
        foreach (var own in new[] { 0, 1 })
        {
            double[] w = [.. Enumerable.Range(0, n).Where(i => labels[i] == own).Select(i => weights[i])];
            double[] d = [.. Placements(a.Scores.ToArray(), own).Zip(Placements(b.Scores.ToArray(), own), (x, y) => x - y)];
            var mean = d.Zip(w, (x, v) => x * v).Sum() / w.Sum();
            variance += d.Zip(w, (x, v) => Math.Pow(v * (x - mean), 2)).Sum() / Math.Pow(w.Sum(), 2) * w.Length / (w.Length - 1);
        }

        return variance;
    }

    private static (ScoredRows Good, ScoredRows Poor) Rare(int count, int positives, bool zeroWeights)
    {
        var random = new Random(4);
        double[] labels = [.. Enumerable.Range(0, count).Select(i => i < positives ? 1.0 : 0)];
        double[] weights = zeroWeights ? [.. Enumerable.Range(0, count).Select(i => (double)(i % 2))] : [];
        return (
            ScoredRows.Binary([.. labels.Select(l => (l + random.NextDouble()) / 2)], labels, weights),
            ScoredRows.Binary([.. labels.Select(_ => random.NextDouble())], labels, weights));
    }

    private static (ScoredRows Good, ScoredRows Poor) Binary(int count, int seed, bool isRounded = false)
    {
        var random = new Random(seed);
        double[] labels = [.. Enumerable.Range(0, count).Select(_ => (double)random.Next(2))];
        double Round(double score) => isRounded ? Math.Round(score, 1) : score;
        return (
            ScoredRows.Binary([.. labels.Select(l => Round(((0.6 * l) + random.NextDouble()) / 1.6))], labels),
            ScoredRows.Binary([.. labels.Select(l => Round(((0.1 * l) + random.NextDouble()) / 1.1))], labels));
    }

    private static (ScoredRows Good, ScoredRows Poor) Multiclass(int count)
    {
        var random = new Random(7);
        int[] labels = [.. Enumerable.Range(0, count).Select(_ => random.Next(3))];
        ScoredRows Create(double skill)
        {
            double[] scores = [.. labels.SelectMany(l =>
            {
                double[] raw = [.. Enumerable.Range(0, 3).Select(c => random.NextDouble() + (c == l ? skill : 0))];
                return raw.Select(r => r / raw.Sum());
            })];
            return ScoredRows.Multiclass(scores, labels, ["a", "b", "c"]);
        }

        return (Create(1), Create(0.2));
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
