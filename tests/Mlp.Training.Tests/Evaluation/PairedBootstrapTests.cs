using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation;

namespace Mlp.Training.Tests.Evaluation;

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

        var interval = PairedBootstrap.Compute(metric, good, poor, labels, Options, CancellationToken.None)!;

        Assert.InRange(improvement, interval.Lower, interval.Upper);
        Assert.True(interval.Lower > 0);
    }

    [Fact]
    public void Compute_SameModel_IsExactlyZero()
    {
        var (good, _, labels) = Models(100, seed: 2);

        var interval = PairedBootstrap.Compute(GateMetric.Auc, good, good, labels, Options, CancellationToken.None);

        Assert.Equal(new ImprovementInterval(0, 0, 0.95), interval);
    }

    [Fact]
    public void Compute_SameSeed_SameInterval()
    {
        var (good, poor, labels) = Models(200, seed: 3);

        ImprovementInterval? Run(int seed) => PairedBootstrap.Compute(
            GateMetric.Auc, good, poor, labels, new GateOptions { BootstrapSamples = 100, Seed = seed }, CancellationToken.None);

        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1), Run(2));
    }

    [Fact]
    public void Compute_HigherConfidence_IsWider()
    {
        var (good, poor, labels) = Models(200, seed: 3);

        ImprovementInterval Run(double confidence) => PairedBootstrap.Compute(
            GateMetric.Auc, good, poor, labels, new GateOptions { BootstrapSamples = 400, Confidence = confidence }, CancellationToken.None)!;

        Assert.True(Run(0.99).Upper - Run(0.99).Lower > Run(0.6).Upper - Run(0.6).Lower);
    }

    [Fact]
    public void Compute_TiedScores_IntervalHoldsTheKernelsImprovement()
    {
        // A tie across classes counts one half in the kernel and must do so in every draw.
        double[] scores = [0.2, 0.7, 0.7, 0.9];
        double[] labels = [0, 1, 0, 1];
        double[] constant = [0.5, 0.5, 0.5, 0.5];

        var interval = PairedBootstrap.Compute(GateMetric.Auc, scores, constant, labels, new GateOptions { BootstrapSamples = 2000, Confidence = 0.5 }, CancellationToken.None)!;

        // Kernel: AUC 0.875 against 0.5.
        Assert.Equal(0.875, BinaryClassificationMetrics.Compute(scores, new byte[] { 0, 1, 0, 1 }).Auc);
        Assert.InRange(0.375, interval.Lower, interval.Upper);
    }

    [Fact]
    public void Compute_OneClass_HasNoInterval()
        => Assert.Null(PairedBootstrap.Compute(GateMetric.Auc, [0.1, 0.2], [0.1, 0.3], [1, 1], Options, CancellationToken.None));

    private static double Measure(GateMetric metric, double[] scores, double[] labels)
        => MetricRule.Read(metric, new EvaluationResult(BinaryClassificationMetrics.Compute(scores, Evaluator.Classes(labels))));

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
