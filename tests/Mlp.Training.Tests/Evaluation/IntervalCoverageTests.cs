using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Evaluation;

/// <summary>Of 400 samples from a known distribution, 95 % intervals hold the true value about 380 times.</summary>
public sealed class IntervalCoverageTests
{
    private const int SampleCount = 400;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Auc_SamplesOfAKnownDistribution_IsCovered(bool isWeighted)
    {
        // Normal scores 1 apart: the area is Φ(1 / √2).
        const double True = 0.7602499389065233;

        AssertCovers(random =>
        {
            double[] labels = [.. Enumerable.Range(0, 200).Select(_ => random.NextInt(3) == 0 ? 1.0 : 0)];
            double[] scores = [.. labels.Select(l => Normal(random) + l)];
            double[] weights = [.. labels.Select(_ => isWeighted ? (random.NextInt(2) == 0 ? 1 : 3) : 1.0)];
            return ScoredRows.Binary(scores, labels, weights);
        }, ("auc", True));
    }

    [Fact]
    public void AccuracyAndRecall_SamplesOfAKnownDistribution_AreCovered()
    {
        // Scores are probabilities u, u uniform: accuracy E max(u, 1 − u) = 3/4, recall P(u ≥ ½ | 1) = 3/4, log loss 1/2, Brier 1/6.
        static ScoredRows Draw(SeededRandom random)
        {
            double[] scores = [.. Enumerable.Range(0, 250).Select(_ => random.NextDouble())];
            return ScoredRows.Binary(scores, Array.ConvertAll(scores, s => random.NextDouble() < s ? 1.0 : 0));
        }

        AssertCovers(Draw, ("accuracy", 0.75), ("precision", 0.75), ("recall", 0.75), ("f1", 0.75), ("log_loss", 0.5), ("brier", 1.0 / 6));
    }

    [Fact]
    public void AveragePrecision_SamplesOfAKnownDistribution_IsCovered()
    {
        // Precision at u is (1 + u) / 2 and the density of u among positives 2u: ∫ u (1 + u) = 5/6.
        AssertCovers(random =>
        {
            double[] scores = [.. Enumerable.Range(0, 400).Select(_ => random.NextDouble())];
            return ScoredRows.Binary(scores, Array.ConvertAll(scores, s => random.NextDouble() < s ? 1.0 : 0));
        }, ("average_precision", 5.0 / 6));
    }

    [Fact]
    public void Regression_SamplesOfAKnownDistribution_AreCovered()
    {
        // y = x + noise, both standard normal, predicted by x.
        static ScoredRows Draw(SeededRandom random)
        {
            double[] predictions = [.. Enumerable.Range(0, 250).Select(_ => Normal(random))];
            return ScoredRows.Regression(predictions, Array.ConvertAll(predictions, p => p + Normal(random)));
        }

        AssertCovers(Draw, ("mean_error", 0), ("mean_absolute_error", Math.Sqrt(2 / Math.PI)), ("root_mean_squared_error", 1), ("r_squared", 0.5));
    }

    [Fact]
    public void Multiclass_SamplesOfAKnownDistribution_AreCovered()
    {
        // The truth is said with probability 0.7 and each other class with 0.15; the classes are alike, so that accuracy, macro and weighted F1 are 0.7. The area of a class against the rest is
        // P(own says more) + ½ P(same) = 0.7·0.85 + ½ (0.7·0.15 + 0.3·0.85).
        static ScoredRows Draw(SeededRandom random)
        {
            int[] labels = [.. Enumerable.Range(0, 300).Select(_ => random.NextInt(3))];
            double[] scores = [.. labels.SelectMany(l =>
            {
                var said = random.NextDouble() < 0.7 ? l : (l + (1 + random.NextInt(2))) % 3;
                return Enumerable.Range(0, 3).Select(c => c == said ? 0.7 : 0.15);
            })];
            return ScoredRows.Multiclass(scores, labels, ["a", "b", "c"]);
        }

        const double Area = (0.7 * 0.85) + (0.5 * ((0.7 * 0.15) + (0.3 * 0.85)));
        AssertCovers(Draw, ("accuracy", 0.7), ("macro_f1", 0.7), ("weighted_f1", 0.7), ("macro_auc", Area), ("weighted_auc", Area));
    }

    [Fact]
    public void Auc_ClassesWithoutAnError_StillHaveAnInterval()
    {
        var result = Evaluator.Evaluate(ScoredRows.Binary([0.1, 0.2, 0.3, 0.8, 0.9], [0, 0, 0, 1, 1]));

        // Two pairs without a row in common: Wilson's interval of 2 of 2.
        Assert.Equal(1, result.Metrics["auc"]);
        Assert.Equal(ConfidenceInterval.Wilson(1, 2), result.Intervals["auc"]);
        Assert.InRange(result.Intervals["auc"].Lower, 0.3, 0.4);
    }

    private static void AssertCovers(Func<SeededRandom, ScoredRows> draw, params (string Metric, double Value)[] truths)
    {
        var random = SeededRandom.For(17, "coverage");
        var results = Enumerable.Range(0, SampleCount).Select(_ => Evaluator.Evaluate(draw(random))).ToList();

        Assert.All(truths, t =>
        {
            var covered = results.Count(r => r.Intervals[t.Metric].Contains(t.Value));
            Assert.True(covered is >= (int)(0.92 * SampleCount) and <= (int)(0.98 * SampleCount), $"{t.Metric} is covered {covered} of {SampleCount} times");
        });
    }

    private static double Normal(SeededRandom random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
