using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Comparison;

namespace Mlp.Training.Tests.Evaluation.Comparison;

public sealed class PairedBootstrapTests
{
    private static readonly GateOptions Options = new() { BootstrapSamples = 400, Seed = 5 };

    [Theory]
    [InlineData(GateMetric.Auc)]
    [InlineData(GateMetric.LogLoss)]
    [InlineData(GateMetric.Brier)]
    public void Compute_ClearlyBetterChallenger_IntervalHoldsTheImprovementAndExcludesZero(GateMetric metric)
    {
        var (good, poor, labels) = Models(500, seed: 1);
        var improvement = MetricRule.Improvement(metric, Measure(metric, good, labels), Measure(metric, poor, labels));

        var interval = Run(metric, good, poor, labels, Options)!;

        Assert.InRange(improvement, interval.Lower, interval.Upper);
        Assert.True(interval.Lower > 0);
    }

    [Fact]
    public void Compute_SameModel_IsExactlyZero()
    {
        var (good, _, labels) = Models(100, seed: 2);

        var interval = Run(GateMetric.Auc, good, good, labels, Options);

        Assert.Equal(new ImprovementInterval(0, 0, 0.95), interval);
    }

    [Fact]
    public void Compute_SameSeed_SameInterval()
    {
        var (good, poor, labels) = Models(200, seed: 3);

        ImprovementInterval? Seeded(int seed) => Run(GateMetric.Auc, good, poor, labels, new GateOptions { BootstrapSamples = 100, Seed = seed });

        Assert.Equal(Seeded(1), Seeded(1));
        Assert.NotEqual(Seeded(1), Seeded(2));
    }

    [Fact]
    public void Compute_HigherConfidence_IsWider()
    {
        var (good, poor, labels) = Models(200, seed: 3);

        ImprovementInterval At(double confidence) => Run(GateMetric.Auc, good, poor, labels, new GateOptions { BootstrapSamples = 400, Confidence = confidence })!;

        Assert.True(At(0.99).Upper - At(0.99).Lower > At(0.6).Upper - At(0.6).Lower);
    }

    [Fact]
    public void Compute_TiedScores_IntervalHoldsTheKernelsImprovement()
    {
        // A tie across classes counts one half in the kernel and must do so in every draw.
        double[] scores = [0.2, 0.7, 0.7, 0.9];
        double[] labels = [0, 1, 0, 1];
        double[] constant = [0.5, 0.5, 0.5, 0.5];

        var interval = Run(GateMetric.Auc, scores, constant, labels, new GateOptions { BootstrapSamples = 2000, Confidence = 0.5 })!;

        // Kernel: AUC 0.875 against 0.5.
        Assert.Equal(0.875, BinaryClassificationMetrics.Compute(scores, new byte[] { 0, 1, 0, 1 }).Auc);
        Assert.InRange(0.375, interval.Lower, interval.Upper);
    }

    [Fact]
    public void Compute_OneClass_HasNoInterval()
        => Assert.Null(Run(GateMetric.Auc, [0.1, 0.2], [0.1, 0.3], [1, 1], Options));

    private static ImprovementInterval? Run(GateMetric metric, double[] challenger, double[] champion, double[] labels, GateOptions options)
        => PairedBootstrap.Compute(metric, ScoredRows.Binary(challenger, labels), ScoredRows.Binary(champion, labels), (0.5, 0.5), options, CancellationToken.None).Interval;

    private static double Measure(GateMetric metric, double[] scores, double[] labels)
        => MetricRule.Read(metric, EvaluationCalculator.Compute(ScoredRows.Binary(scores, labels), 0.5, options: null));

    private static (double[] Good, double[] Poor, double[] Labels) Models(int count, int seed)
    {
        var random = new Random(seed);
        var labels = new double[count];
        var good = new double[count];
        var poor = new double[count];
        for (var i = 0; i < count; i++)
        {
            labels[i] = random.Next(2);
            good[i] = Math.Round(Math.Clamp((labels[i] * 0.4) + (random.NextDouble() * 0.6), 0.01, 0.99), 2);
            poor[i] = Math.Clamp((labels[i] * 0.1) + (random.NextDouble() * 0.9), 0.01, 0.99);
        }

        return (good, poor, labels);
    }
}
