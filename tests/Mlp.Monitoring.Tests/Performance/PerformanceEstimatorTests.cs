using System.Text;
using Mlp.Runtime;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;
using Mlp.TestSupport;
using static Mlp.Monitoring.Tests.Performance.GoldenNannyMl;

namespace Mlp.Monitoring.Tests.Performance;

public sealed class PerformanceEstimatorTests
{
    private static readonly (EstimatedMetric Metric, string Name)[] Names =
    [
        (EstimatedMetric.Auc, "roc_auc"),
        (EstimatedMetric.AveragePrecision, "average_precision"),
        (EstimatedMetric.Accuracy, "accuracy"),
        (EstimatedMetric.F1, "f1"),
        (EstimatedMetric.Precision, "precision"),
        (EstimatedMetric.Recall, "recall"),
        (EstimatedMetric.Specificity, "specificity"),
    ];

    [ReferenceDataFact(Folder)]
    public void Estimate_Elec_EqualsNannyMl()
    {
        var reference = Rows("reference");
        var estimator = PerformanceEstimator.Fit(reference.Scores, reference.Labels, ChunkSize);
        var parts = new Dictionary<string, double[]> { ["reference"] = reference.Scores, ["analysis"] = Rows("analysis").Scores };
        var table = Table("cbpe.csv");

        Assert.Equal(16, table.Count);
        foreach (var line in table)
        {
            var start = (int)Number(line["chunk_start_index"]);
            var scores = parts[line["chunk_period"]].AsSpan(start, (int)Number(line["chunk_end_index"]) - start + 1);
            var found = estimator.Estimate(scores);
            foreach (var (metric, name) in Names)
            {
                var estimate = found[(int)metric];
                Assert.Equal(Number(line[$"{name}_value"]), estimate.Value, 1e-6);
                Assert.Equal(Number(line[$"{name}_lower_threshold"]), estimate.LowerThreshold, 1e-9);
                Assert.Equal(Number(line[$"{name}_upper_threshold"]), estimate.UpperThreshold, 1e-9);

                // NannyML draws the samples for average precision without a seed: its error is another at each run.
                var (error, tolerance) = (Number(line[$"{name}_sampling_error"]), metric == EstimatedMetric.AveragePrecision ? 0.005 : 1e-6);
                Assert.Equal(error, estimate.SamplingError, tolerance);
                Assert.Equal(Number(line[$"{name}_lower_confidence_boundary"]), estimate.Lower, 3 * tolerance);
                Assert.Equal(Number(line[$"{name}_upper_confidence_boundary"]), estimate.Upper, 3 * tolerance);
            }

            Assert.Equal(scores.Length, found.Where(e => e.Metric >= EstimatedMetric.TruePositive).Sum(e => e.Value), 1e-6);
        }
    }

    [ReferenceDataFact(Folder)]
    public void Realized_Elec_EqualsNannyMl()
    {
        var parts = new Dictionary<string, (double[] Scores, byte[] Labels)> { ["reference"] = Rows("reference"), ["analysis"] = Rows("analysis") };
        foreach (var line in Table("realized.csv"))
        {
            var (part, start) = (parts[line["chunk_period"]], (int)Number(line["chunk_start_index"]));
            var length = Math.Min(ChunkSize, part.Scores.Length - start);
            foreach (var (metric, name) in Names.Where(n => line.ContainsKey($"{n.Name}_value")))
            {
                Assert.Equal(
                    Number(line[$"{name}_value"]), RealizedPerformance.Compute(metric, part.Scores.AsSpan(start, length), part.Labels.AsSpan(start, length), 0.5), 1e-9);
            }
        }
    }

    [Fact]
    public void Estimate_GoldenRowsTakenAsProbabilities_HasTheGoldenValues()
    {
        // notes 2.2: the scores themselves, uncalibrated.
        var scores = Enumerable.Range(1, 1000).Select(GoldenSequences.Golden).ToArray();
        var found = ExpectedPerformance.Compute(scores, [], s => s, 0.5);
        var weighted = ExpectedPerformance.Compute(scores, Enumerable.Repeat(3.0, 1000).ToArray(), s => s, 0.5);

        Assert.Equal(0.7499799000050371, found[(int)EstimatedMetric.Accuracy], 1e-12);
        Assert.Equal(0.7499912693274362, found[(int)EstimatedMetric.Precision], 1e-12);
        Assert.Equal(0.7499742159301325, found[(int)EstimatedMetric.Recall], 1e-12);
        Assert.Equal(0.7499827425318426, found[(int)EstimatedMetric.F1], 1e-12);
        Assert.Equal(0.7499855843384441, found[(int)EstimatedMetric.Specificity], 1e-12);
        Assert.Equal(0.833301350722673, found[(int)EstimatedMetric.Auc], 1e-12);
        Assert.All(Enum.GetValues<EstimatedMetric>().Where(m => !MetricReference.IsCount(m)), m => Assert.Equal(found[(int)m], weighted[(int)m], 1e-12));
    }

    [ScikitLearnFact]
    public void IsotonicRegression_RowsWithTies_EqualsScikitLearn()
    {
        var random = new Random(12);
        var scores = Enumerable.Range(0, 3_000).Select(_ => Math.Round(random.NextDouble(), 2)).ToArray();
        var labels = scores.Select(s => random.NextDouble() < (s * s) ? (byte)1 : (byte)0).ToArray();
        var asked = Enumerable.Range(-20, 1_000).Select(i => i / 900.0).ToArray();
        var expected = ScikitLearn.Run(
            """
            from sklearn.isotonic import IsotonicRegression
            m = IsotonicRegression(out_of_bounds='clip').fit(scores, labels)
            out['p'] = m.predict(np.arange(-20, 980) / 900.0)
            """,
            ("scores", scores),
            ("labels", labels.Select(l => (double)l)));

        var map = IsotonicRegression.Fit(scores, labels);

        Assert.All(expected["p"].Zip(asked), p => Assert.Equal(p.First, map.Predict(p.Second), 1e-12));
        Assert.True(double.IsNaN(map.Predict(double.NaN)));
    }

    [ScikitLearnFact]
    public void StratifiedSplits_SeveralSizes_AreScikitLearnsRowForRow()
    {
        foreach (var rowCount in (int[])[97, 1_000, 7_500])
        {
            var random = new Random(rowCount);
            var labels = Enumerable.Range(0, rowCount).Select(_ => (byte)(random.Next(3) == 0 ? 1 : 0)).ToArray();
            var expected = ScikitLearn.Run(
                """
                from sklearn.model_selection import StratifiedShuffleSplit
                s = StratifiedShuffleSplit(n_splits=3, test_size=0.1, random_state=42)
                for i, (a, b) in enumerate(s.split(labels, labels)):
                    out['train%d' % i] = a; out['test%d' % i] = b
                """,
                ("labels", labels.Select(l => (double)l)));
            var splits = new StratifiedSplits(labels, 42);
            for (var i = 0; i < 3; i++)
            {
                var (train, test) = splits.Next(0.1);
                Assert.Equal(expected[$"train{i}"], train.Select(r => (double)r));
                Assert.Equal(expected[$"test{i}"], test.Select(r => (double)r));
            }
        }
    }

    [Fact]
    public void Fit_ScoresThatAreNoProbabilitiesOrOneClass_IsRefused()
    {
        Assert.StartsWith("Expected scores that are probabilities", Assert.Throws<ArgumentException>(() => PerformanceEstimator.Fit([0.5, 1.5], [0, 1], 10)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected rows of both classes", Assert.Throws<ArgumentException>(() => PerformanceEstimator.Fit([0.5, 0.6], [1, 1], 10)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => PerformanceEstimator.Fit([0.5, 0.6], [1, 0], 0));
        var estimator = PerformanceEstimator.Fit([0.5, 0.6], [1, 0], 10);
        Assert.Throws<ArgumentException>(() => estimator.Estimate([]));
        Assert.Throws<ArgumentException>(() => estimator.Estimate([double.NaN]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parse_WhatWasWritten_EstimatesTheSame(bool isCalibrated)
    {
        // Of rows whose scores are probabilities chance decides whether calibration seems to help: the first seed for which it does not.
        var (scores, labels) = (System.Array.Empty<double>(), System.Array.Empty<byte>());
        PerformanceEstimator estimator;
        var seed = 0;
        do
        {
            var random = new Random(seed++);
            scores = Enumerable.Range(0, 2_000).Select(_ => random.NextDouble()).ToArray();
            labels = scores.Select(s => random.NextDouble() < (isCalibrated ? s * s * s : s) ? (byte)1 : (byte)0).ToArray();
            estimator = PerformanceEstimator.Fit(scores, labels, 500, 0.3);
        }
        while (estimator.IsCalibrated != isCalibrated && seed < 50);

        var again = PerformanceEstimator.Parse(estimator.ToJson());

        Assert.Equal((isCalibrated, 0.3, 2_000, 500), (again.IsCalibrated, again.Threshold, again.RowCount, again.ChunkSize));
        Assert.Equal(estimator.Estimate(scores), again.Estimate(scores));

        // On rows like those of the reference the estimate is the truth, give or take the band.
        foreach (var estimate in again.Estimate(scores))
        {
            Assert.InRange(RealizedPerformance.Compute(estimate.Metric, scores, labels, 0.3), estimate.Lower, estimate.Upper);
        }
    }

    [Fact]
    public void Parse_DamagedOrNewer_IsRefused()
    {
        var json = Encoding.UTF8.GetString(PerformanceEstimator.Fit([0.2, 0.6, 0.4], [1, 0, 1], 10).ToJson());

        Assert.Throws<InvalidDataException>(() => PerformanceEstimator.Parse("{}"u8));
        Assert.Throws<InvalidDataException>(() => PerformanceEstimator.Parse(Encoding.UTF8.GetBytes(json[..^5])));
        Assert.Throws<UnsupportedFormatVersionException>(() => PerformanceEstimator.Parse(Encoding.UTF8.GetBytes(json.Replace("\"formatVersion\":1", "\"formatVersion\":2", StringComparison.Ordinal))));
    }
}
