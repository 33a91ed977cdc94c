using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Tests.Estimation;

/// <summary>How often a model whose quality has not changed is found to be worse, and how surely one whose quality has.</summary>
public sealed class HealthyWindowTests
{
    private const int ReportCount = 100;
    private const int WindowCount = 20;

    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly EstimationOptions Options = new();

    [Theory]
    [InlineData(200, 0.0)]
    [InlineData(500, 0.0)]
    [InlineData(1_000, 0.0)]
    [InlineData(1_000, -2.5)]
    public void Find_HealthyClassifier_FindsSomethingInFewReports(int rowCount, double shift)
    {
        var random = new Random(7);
        var reports = 0;
        for (var report = 0; report < ReportCount; report++)
        {
            var reference = Draw(random, 4_000, shift);
            var estimator = PerformanceEstimator.Fit(reference.Scores, reference.Labels, 1_000);
            reports += Enumerable.Range(0, WindowCount).Any(_ => Find(estimator, Draw(random, rowCount, shift)).Any()) ? 1 : 0;
        }

        // A normal figure is beyond in one report of 700, and its estimate no longer holds in one of 370; of few rows of a class areas are less than normal.
        Assert.InRange(reports, 0, 8);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(1_000)]
    public void Find_LabelsThatTheScoresDoNotExplain_AreFound(int rowCount)
    {
        var random = new Random(8);
        var found = (Low: 0, Broken: 0);
        for (var report = 0; report < ReportCount; report++)
        {
            var reference = Draw(random, 4_000, 0);
            var estimator = PerformanceEstimator.Fit(reference.Scores, reference.Labels, 1_000);
            var (scores, labels) = Draw(random, rowCount, 0);
            var findings = Find(estimator, (scores, labels.Select(l => random.Next(3) == 0 ? (byte)random.Next(2) : l).ToArray())).ToList();
            found.Low += findings.Exists(f => f.Kind == FindingKind.Performance) ? 1 : 0;
            found.Broken += findings.Exists(f => f.Kind == FindingKind.EstimateNoLongerHolds) ? 1 : 0;
        }

        Assert.InRange(found.Low, rowCount == 500 ? 60 : 90, 100);
        Assert.InRange(found.Broken, rowCount == 500 ? 60 : 90, 100);
    }

    [Fact]
    public void Find_HealthyRegression_FindsSomethingInFewReports()
    {
        var random = new Random(9);
        var reports = 0;
        for (var report = 0; report < 20; report++)
        {
            var (features, targets) = DrawRegression(random, 4_000);
            var estimation = new RegressionEstimation(DirectLossEstimator.Fit(features, new double[4_000], targets, 1_000));
            reports += Enumerable.Range(0, WindowCount).Any(_ => Find(estimation, DrawRegression(random, 500)).Any()) ? 1 : 0;
        }

        Assert.InRange(reports, 0, 3);
    }

    [Fact]
    public void Find_Message_NamesTheWindow()
    {
        var random = new Random(3);
        var reference = Draw(random, 4_000, 0);
        var estimator = PerformanceEstimator.Fit(reference.Scores, reference.Labels, 1_000);
        var (scores, labels) = Draw(random, 1_000, 0);

        var findings = Find(estimator, (scores, labels.Select(l => (byte)(1 - l)).ToArray())).ToList();

        Assert.Equal(2, findings.Count);
        Assert.All(findings, f => Assert.EndsWith(" (model 'tips' version 1, from 2026-03-01T12:00:00.0000000+00:00, to 2026-03-02T12:00:00.0000000+00:00).", f.Message, StringComparison.Ordinal));
        Assert.Contains("what the reference's chunks and the number of rows leave to chance, but found 0.", findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_FewerRowsThanTwoChunks_HasNoThresholds()
    {
        var random = new Random(4);
        var (scores, labels) = Draw(random, 4_000, 0);
        var binary = PerformanceEstimator.Parse(PerformanceEstimator.Fit(scores, labels, 5_000).ToJson());
        var classes = MulticlassPerformanceEstimator.Parse(
            MulticlassPerformanceEstimator.Fit(scores.SelectMany(s => new[] { 1 - s, s }).ToArray(), labels.Select(l => (int)l).ToArray(), 2, 4_000).ToJson());
        var (features, targets) = DrawRegression(random, 500);
        var loss = DirectLossEstimator.Parse(DirectLossEstimator.Fit(features, new double[500], targets, 500).ToJson());

        // A last chunk of one row has no area: that is a single chunk too.
        var torn = PerformanceEstimator.Fit(scores, labels, 3_999);

        Assert.Equal((double.NaN, double.NaN), binary.ThresholdsOf(EstimatedMetric.Auc));
        Assert.Equal((double.NaN, double.NaN), torn.ThresholdsOf(EstimatedMetric.Auc));
        Assert.Equal((double.NaN, double.NaN), classes.ThresholdsOf(EstimatedMetric.F1));
        Assert.All(binary.Estimate(scores), e => Assert.False(e.IsAlert));
        Assert.True(double.IsNaN(loss.Estimate(features, new double[500]).RootMeanSquaredError.UpperThreshold));
        Assert.DoesNotContain(Find(binary, (scores, labels.Select(l => (byte)(1 - l)).ToArray())), f => f.Kind == FindingKind.Performance);
    }

    private static IEnumerable<Finding> Find(PerformanceEstimator estimator, (double[] Scores, byte[] Labels) rows)
    {
        var result = Join(ModelTask.BinaryClassification, rows.Scores, Array.ConvertAll(rows.Labels, l => (double)l));
        return EstimationFindings.Find(result with { Estimates = estimator.Estimate(rows.Scores.AsSpan()) }, estimator.OrdinaryOf, Options, WindowCount);
    }

    private static IEnumerable<Finding> Find(RegressionEstimation estimation, (double[] Features, double[] Targets) rows)
    {
        var window = new EstimatedRows(2);
        var kept = new double[2];
        for (var i = 0; i < rows.Targets.Length; i++)
        {
            var row = new JoinedRow { RequestId = TestModels.Id(i), Score = 0, Weight = 1, IsScored = true };
            estimation.TryKeep(row, rows.Features.AsSpan(i, 1), kept);
            window.Add(row, kept);
        }

        var result = Join(ModelTask.Regression, new double[rows.Targets.Length], rows.Targets);
        return estimation.Find(estimation.Estimate(window, 0..rows.Targets.Length, result), WindowCount);
    }

    private static EstimationResult Join(ModelTask task, double[] scores, double[] labels)
    {
        var output = TestModels.Serve(TestModels.FloatLayout(1), task: task).Manifest.Output;
        var group = new QualityGroup(output, scores.Length);
        for (var i = 0; i < scores.Length; i++)
        {
            group.Add(new JoinedRow { IsScored = true, Score = scores[i], Label = labels[i], Weight = 1 });
        }

        return new EstimationResult
        {
            Model = "tips",
            Version = 1,
            From = Noon,
            To = Noon.AddDays(1),
            RowCount = scores.Length,
            Estimates = [],
            Realized = QualityCalculator.Compute(group, output, "tips", 1, new EvaluationOptions { Bootstrap = false }),
            IsChecked = true,
            Findings = [],
        };
    }

    /// <summary>Scores that are probabilities.</summary>
    private static (double[] Scores, byte[] Labels) Draw(Random random, int rowCount, double shift)
    {
        var (scores, labels) = (new double[rowCount], new byte[rowCount]);
        for (var i = 0; i < rowCount; i++)
        {
            scores[i] = 1 / (1 + Math.Exp(-((1.5 * GoldenSequences.NormalQuantile(Math.Max(random.NextDouble(), 1e-12))) + shift)));
            labels[i] = random.NextDouble() < scores[i] ? (byte)1 : (byte)0;
        }

        return (scores, labels);
    }

    private static (double[] Features, double[] Targets) DrawRegression(Random random, int rowCount)
    {
        var features = Enumerable.Range(0, rowCount).Select(_ => random.NextDouble()).ToArray();
        return (features, features.Select(f => (1 + (4 * f)) * GoldenSequences.NormalQuantile(Math.Max(random.NextDouble(), 1e-12))).ToArray());
    }
}
