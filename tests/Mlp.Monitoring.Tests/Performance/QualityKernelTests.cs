using Mlp.Monitoring.Performance;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Intervals;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Performance;

public sealed class QualityKernelTests
{
    private const int RowCount = 2_000;

    [ScikitLearnFact]
    public void Multiclass_RandomRows_EqualsScikitLearn()
    {
        var random = new Random(7);
        const int classes = 5;
        var labels = new int[RowCount];
        var scores = new double[RowCount * classes];
        for (var i = 0; i < RowCount; i++)
        {
            labels[i] = random.Next(classes);
            var row = scores.AsSpan(i * classes, classes);
            for (var c = 0; c < classes; c++)
            {
                // Rounded, so that scores tie.
                row[c] = Math.Round(random.NextDouble() + (c == labels[i] ? 0.4 : 0), 2) + 0.01;
            }

            var sum = row.ToArray().Sum();
            for (var c = 0; c < classes; c++)
            {
                row[c] /= sum;
            }
        }

        var weights = Enumerable.Range(0, RowCount).Select(i => 1.0 + (i % 4)).ToArray();
        var expected = ScikitLearn.Run(
            """
            from sklearn.metrics import *
            s = scores.reshape(-1, 5); y = labels.astype(int); p = s.argmax(1)
            for n, w in (('', None), ('w_', weights)):
                out[n + 'accuracy'] = accuracy_score(y, p, sample_weight=w)
                out[n + 'macro'] = f1_score(y, p, average='macro', sample_weight=w)
                out[n + 'micro'] = f1_score(y, p, average='micro', sample_weight=w)
                out[n + 'weighted'] = f1_score(y, p, average='weighted', sample_weight=w)
                out[n + 'logloss'] = log_loss(y, s, sample_weight=w)
                out[n + 'confusion'] = confusion_matrix(y, p, sample_weight=w)
                out[n + 'aucs'] = [roc_auc_score(y == c, s[:, c], sample_weight=w) for c in range(5)]
            out['ovr'] = roc_auc_score(y, s, multi_class='ovr', average='macro')
            out['ovr_weighted'] = roc_auc_score(y, s, multi_class='ovr', average='weighted')
            """,
            ("scores", scores),
            ("labels", labels.Select(l => (double)l)),
            ("weights", weights));

        Check(MulticlassMetrics.Compute(scores, labels, classes), string.Empty);
        Check(MulticlassMetrics.ComputeWeighted(scores, labels, weights, classes), "w_");
        Assert.Equal(expected["ovr"][0], MulticlassMetrics.Compute(scores, labels, classes).MacroAuc, 1e-12);
        Assert.Equal(expected["ovr_weighted"][0], MulticlassMetrics.Compute(scores, labels, classes).WeightedAuc, 1e-12);

        void Check(MulticlassMetrics found, string prefix)
        {
            Assert.Equal(expected[prefix + "accuracy"][0], found.Accuracy, 1e-12);
            Assert.Equal(expected[prefix + "macro"][0], found.MacroF1, 1e-12);
            Assert.Equal(expected[prefix + "micro"][0], found.MicroF1, 1e-12);
            Assert.Equal(expected[prefix + "weighted"][0], found.WeightedF1, 1e-12);
            Assert.Equal(expected[prefix + "logloss"][0], found.LogLoss, 1e-12);
            Assert.Equal(expected[prefix + "confusion"], found.Confusion);
            Assert.All(expected[prefix + "aucs"].Zip(found.Aucs), p => Assert.Equal(p.First, p.Second, 1e-12));
        }
    }

    [Fact]
    public void Multiclass_ClassThatNeverOccurs_IsLeftOutOfTheAverages()
    {
        // Class 2 is neither truth nor prediction.
        var found = MulticlassMetrics.Compute([0.6, 0.3, 0.1, 0.2, 0.7, 0.1, 0.5, 0.4, 0.1], [0, 1, 1], 3);

        Assert.Equal(2.0 / 3, found.Accuracy, 1e-15);
        Assert.Equal(2.0 / 3, found.MacroF1, 1e-15);
        Assert.True(double.IsNaN(found.Aucs[2]));
        Assert.Equal(1.0, found.MacroAuc);
    }

    [Fact]
    public void Ranking_QueriesWithWeights_AreAsManyQueries()
    {
        var random = new Random(12);
        var rows = Enumerable.Range(0, 400).Select(i => (Query: (ulong)(i % 40), Score: Math.Round(random.NextDouble(), 1), Gain: (double)(random.Next(5) / 3))).ToArray();
        double WeightOf(ulong query) => 1 + (query % 3);
        var repeated = rows.SelectMany(r => Enumerable.Range(0, (int)WeightOf(r.Query)).Select(copy => (Query: r.Query + (1_000UL * (ulong)copy), r.Score, r.Gain))).ToArray();

        var weighted = RankingMetrics.ComputeWeighted(
            rows.Select(r => r.Score).ToArray(), rows.Select(r => r.Gain).ToArray(), rows.Select(r => r.Query).ToArray(), rows.Select(r => WeightOf(r.Query)).ToArray(), 5);
        var plain = RankingMetrics.Compute(repeated.Select(r => r.Score).ToArray(), repeated.Select(r => r.Gain).ToArray(), repeated.Select(r => r.Query).ToArray(), 5);

        Assert.Equal(40, weighted.QueryCount);
        Assert.Equal(plain.Ndcg, weighted.Ndcg, 1e-12);
        Assert.Equal(plain.MeanReciprocalRank, weighted.MeanReciprocalRank, 1e-12);
        Assert.Equal(plain.MeanAveragePrecision, weighted.MeanAveragePrecision, 1e-12);
        Assert.True(weighted.NdcgInterval.Upper - weighted.NdcgInterval.Lower > plain.NdcgInterval.Upper - plain.NdcgInterval.Lower);
        Assert.Throws<ArgumentException>(() => RankingMetrics.ComputeWeighted([1, 2], [1, 0], [7, 7], [1, 2], 5));
    }

    [ScikitLearnFact]
    public void Ranking_RandomQueriesWithTies_EqualsScikitLearn()
    {
        var random = new Random(11);
        var (scores, gains, queries) = (new double[RowCount], new double[RowCount], new ulong[RowCount]);
        for (var i = 0; i < RowCount; i++)
        {
            queries[i] = (ulong)(i * 7 % 100);
            scores[i] = Math.Round(random.NextDouble(), 1);
            gains[i] = queries[i] == 3 ? 0 : random.Next(4) is var g && g == 3 ? random.Next(1, 4) : 0;
        }

        // One relevant answer per query, for which the reciprocal rank is scikit-learn's label ranking average precision.
        var single = Enumerable.Range(0, RowCount).Select(i => i * 7 / 100 % 20 == (int)queries[i] % 20 && i / 100 == (int)queries[i] % 20 ? 1.0 : 0).ToArray();
        var expected = ScikitLearn.Run(
            """
            from sklearn.metrics import *
            ids = np.unique(queries)
            groups = [np.where(queries == q)[0] for q in ids]
            for k in (3, 10, 100):
                out['ndcg%d' % k] = np.mean([ndcg_score([gains[g]], [scores[g]], k=k) for g in groups])
            out['map'] = np.mean([average_precision_score(gains[g] > 0, scores[g]) for g in groups if (gains[g] > 0).any()])
            out['mrr'] = np.mean([label_ranking_average_precision_score([single[g] > 0], [scores[g]]) if (single[g] > 0).any() else 0 for g in groups])
            out['relevant'] = max(single[g].sum() for g in groups)
            """,
            ("scores", scores),
            ("gains", gains),
            ("queries", queries.Select(q => (double)q)),
            ("single", single));

        foreach (var cutoff in (int[])[3, 10, 100])
        {
            Assert.Equal(expected[$"ndcg{cutoff}"][0], RankingMetrics.Compute(scores, gains, queries, cutoff).Ndcg, 1e-12);
        }

        var found = RankingMetrics.Compute(scores, gains, queries);
        Assert.Equal((100, 1), (found.QueryCount, found.QueryWithoutRelevantCount));
        Assert.Equal(expected["map"][0], found.MeanAveragePrecision, 1e-12);
        Assert.Equal(1, expected["relevant"][0]);
        Assert.Equal(expected["mrr"][0], RankingMetrics.Compute(scores, single, queries).MeanReciprocalRank, 1e-12);
        Assert.InRange(found.Ndcg, found.NdcgInterval.Lower, found.NdcgInterval.Upper);
    }

    [ScikitLearnFact]
    public void RegressionAndBinary_RandomRows_EqualScikitLearn()
    {
        var random = new Random(3);
        var targets = Enumerable.Range(0, RowCount).Select(i => i % 50 == 0 ? 0 : 10 * random.NextDouble()).ToArray();
        var predictions = targets.Select(t => t + random.NextDouble() - 0.3).ToArray();
        var labels = targets.Select(t => t > 5 ? (byte)1 : (byte)0).ToArray();
        var scores = predictions.Select(p => Math.Clamp(Math.Round((p + (3 * random.NextDouble())) / 13, 2), 0, 1)).ToArray();
        var weights = Enumerable.Range(0, RowCount).Select(i => 1.0 + (i % 3)).ToArray();
        var expected = ScikitLearn.Run(
            """
            from sklearn.metrics import *
            out['mae'] = mean_absolute_error(targets, predictions, sample_weight=weights)
            out['rmse'] = mean_squared_error(targets, predictions, sample_weight=weights) ** 0.5
            out['r2'] = r2_score(targets, predictions, sample_weight=weights)
            out['mape'] = mean_absolute_percentage_error(targets, predictions, sample_weight=weights)
            out['pinball'] = [mean_pinball_loss(targets, predictions, sample_weight=weights, alpha=a) for a in (0.1, 0.5, 0.9)]
            out['auc'] = roc_auc_score(labels, scores); out['ap'] = average_precision_score(labels, scores)
            out['brier'] = brier_score_loss(labels, scores); out['logloss'] = log_loss(labels, scores)
            p = scores >= 0.4
            out['at'] = [accuracy_score(labels, p), precision_score(labels, p), recall_score(labels, p), f1_score(labels, p)]
            """,
            ("targets", targets),
            ("predictions", predictions),
            ("weights", weights),
            ("labels", labels.Select(l => (double)l)),
            ("scores", scores));

        var regression = RegressionMetrics.ComputeWeighted(predictions, targets, weights);
        Assert.Equal(expected["mae"][0], regression.MeanAbsoluteError, 1e-12);
        Assert.Equal(expected["rmse"][0], regression.RootMeanSquaredError, 1e-12);
        Assert.Equal(expected["r2"][0], regression.RSquared, 1e-12);
        Assert.Equal(1, regression.MeanAbsolutePercentageError / expected["mape"][0], 1e-12);
        Assert.All(expected["pinball"].Zip((double[])[0.1, 0.5, 0.9]), p => Assert.Equal(p.First, PinballLoss.Compute(predictions, targets, weights, p.Second), 1e-12));
        var binary = BinaryClassificationMetrics.Compute(scores, labels, 0.4);
        Assert.Equal(expected["auc"][0], binary.Auc, 1e-12);
        Assert.Equal(expected["ap"][0], binary.AveragePrecision, 1e-12);
        Assert.Equal(expected["brier"][0], binary.Brier, 1e-12);
        Assert.Equal(expected["logloss"][0], binary.LogLoss, 1e-12);
        Assert.All(expected["at"].Zip((double[])[binary.Accuracy, binary.Precision, binary.Recall, binary.F1]), p => Assert.Equal(p.First, p.Second, 1e-12));
    }

    [Theory]
    [InlineData(64, 0.8569979758178818, 0.004630264639990689)]
    [InlineData(256, 0.8573866021588505, 0.0010619682365508268)]
    [InlineData(1024, 0.8574115407475758, 8.105041335710812e-05)]
    [InlineData(4096, 0.8573928368060318, 0)]
    public void ScoreBins_GoldenRows_HaveTheGoldenAreaAndBound(int binCount, double auc, double bound)
    {
        // notes 2.3: the exact area is 0.857392836806032.
        var (one, other) = (new ScoreBins(0.5, binCount), new ScoreBins(0.5, binCount));
        for (var i = 1; i <= 1000; i++)
        {
            var score = GoldenSequences.Golden(i);
            (i % 2 == 0 ? one : other).Add(score, GoldenSequences.VanDerCorput(i, 3) < Math.Pow(score, 1.5));
        }

        one.Add(other);

        Assert.Equal(auc, one.Auc(out var found), 1e-12);
        Assert.Equal(bound, found, 1e-12);
        Assert.InRange(Math.Abs(0.857392836806032 - auc), 0, found + 1e-12);
        Assert.Equal(0.48765899166389093, one.LogLoss, 1e-12);
        Assert.Equal(0.16135720057748415, one.Brier, 1e-12);
    }

    [Fact]
    public void ScoreBins_AdversarialOrders_StayWithinTheBound()
    {
        var random = new Random(5);
        for (var round = 0; round < TestRounds.Count * 10; round++)
        {
            var bins = new ScoreBins(0.5, 32);
            var (scores, labels) = (new double[300], new byte[300]);
            for (var i = 0; i < scores.Length; i++)
            {
                // Within a bin the positives lie all below, all above or anyhow: the worst that a bin can hide.
                labels[i] = (byte)random.Next(2);
                var place = (round % 3) switch { 0 => labels[i] * 0.9, 1 => (1 - labels[i]) * 0.9, _ => random.NextDouble() };
                scores[i] = (random.Next(32) + place) / 32;
                bins.Add(scores[i], labels[i] == 1);
            }

            var streaming = bins.Auc(out var bound);
            Assert.InRange(BinaryClassificationMetrics.Compute(scores, labels).Auc, streaming - bound - 1e-12, streaming + bound + 1e-12);
        }
    }

    [Fact]
    public void ScoreBins_ScoresThatTie_HaveNoErrorToBound()
    {
        // Half of the scores are exactly 0 or 1, as those of a model that is clamped; the others are few values.
        var random = new Random(9);
        var bins = new ScoreBins(0.5, 64);
        var (scores, labels) = (new double[500], new byte[500]);
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = (i % 4) switch { 0 => 0, 1 => 1, _ => random.Next(1, 10) / 10.0 };
            labels[i] = (byte)random.Next(2);
            bins.Add(scores[i], labels[i] == 1);
        }

        Assert.Equal(BinaryClassificationMetrics.Compute(scores, labels).Auc, bins.Auc(out var bound), 1e-12);
        Assert.Equal(0, bound);
    }

    [Fact]
    public void DeLong_ScoresThatTie_CountOneHalf()
    {
        var random = new Random(6);
        var positives = Enumerable.Range(0, 60).Select(_ => Math.Round(random.NextDouble() + 0.2, 1)).Order().ToArray();
        var negatives = Enumerable.Range(0, 90).Select(_ => Math.Round(random.NextDouble(), 1)).Order().ToArray();
        static double Variance(IEnumerable<double> own, double[] others)
        {
            var placements = own.Select(s => others.Average(o => o < s ? 1 : o == s ? 0.5 : 0)).ToArray();
            return placements.Sum(p => (p - placements.Average()) * (p - placements.Average())) / (placements.Length - 1);
        }

        Assert.Equal(Math.Sqrt((Variance(positives, negatives) / 60) + (Variance(negatives, positives) / 90)), DeLong.StandardError(positives, negatives), 1e-12);
    }

    [Fact]
    public void Intervals_RowsThatStandForMany_AreOfTheirEffectiveNumber()
    {
        var random = new Random(9);
        var scores = Enumerable.Range(0, 300).Select(_ => random.NextDouble()).ToArray();
        var labels = scores.Select(s => random.NextDouble() < s ? (byte)1 : (byte)0).ToArray();
        var weights = scores.Select((_, i) => i % 3 == 0 ? 8.0 : 1).ToArray();
        var effective = weights.Sum() * weights.Sum() / weights.Sum(w => w * w);
        var metrics = BinaryClassificationMetrics.ComputeWeighted(scores, labels, weights, 0.5);
        var confusion = metrics.Confusion;

        var intervals = BinaryIntervals.Compute(metrics, scores, labels, weights, withBootstrap: false);

        var scale = effective / weights.Sum();
        Assert.Equal(ConfidenceInterval.Wilson(metrics.Accuracy, effective), intervals[FigureNames.Accuracy]);
        Assert.Equal(ConfidenceInterval.Wilson(metrics.Precision, (confusion.TruePositives + confusion.FalsePositives) * scale), intervals[FigureNames.Precision]);
        Assert.Equal(ConfidenceInterval.Wilson(metrics.Recall, (confusion.TruePositives + confusion.FalseNegatives) * scale), intervals[FigureNames.Recall]);
        Assert.True(intervals[FigureNames.F1].Upper - intervals[FigureNames.F1].Lower > BinaryIntervals.F1(confusion, 1).Upper - BinaryIntervals.F1(confusion, 1).Lower);
    }

    [Fact]
    public void Wilson_KnownShare_IsTheKnownInterval()
    {
        // 15 of 148: 0.0624 to 0.1605 (Newcombe, Statistics in Medicine 17, 1998, table I: score method 0.0624 to 0.1605).
        var interval = ConfidenceInterval.Wilson(15 / 148.0, 148);

        Assert.Equal(0.0624, interval.Lower, 5e-5);
        Assert.Equal(0.1605, interval.Upper, 5e-5);
        Assert.Equal(new ConfidenceInterval(0, ConfidenceInterval.Wilson(0, 20).Upper), ConfidenceInterval.Wilson(0, 20));
        Assert.Equal(0.1611, ConfidenceInterval.Wilson(0, 20).Upper, 5e-5);
    }

    [Fact]
    public void Intervals_ManySamples_HoldTheTruthInAboutNineteenOfTwenty()
    {
        // Binormal scores: the area is the normal distribution's value at 1/√2 = 0.7602499.
        const double truth = 0.7602499389065233;
        var random = new Random(2);
        var (byFormula, byBins, accuracy) = (0, 0, 0);
        const int rounds = 400;
        for (var round = 0; round < rounds; round++)
        {
            var (scores, labels) = (new double[400], new byte[400]);
            var bins = new ScoreBins(0.5);
            for (var i = 0; i < scores.Length; i++)
            {
                labels[i] = (byte)(i % 3 == 0 ? 1 : 0);
                var normal = NormalDistribution.Quantile(random.NextDouble()) + labels[i];
                scores[i] = 1 / (1 + Math.Exp(-normal));
                bins.Add(scores[i], labels[i] == 1);
            }

            var metrics = BinaryClassificationMetrics.Compute(scores, labels);
            using var classes = ClassScores.Create<double>(scores, labels);
            byFormula += ConfidenceInterval.Normal(metrics.Auc, DeLong.StandardError(classes.Positives, classes.Negatives)).Contains(truth) ? 1 : 0;
            byBins += ConfidenceInterval.Normal(bins.Auc(out _), bins.AucStandardError()).Contains(truth) ? 1 : 0;
            accuracy += ConfidenceInterval.Wilson(metrics.Accuracy, 400).Contains((2 * 0.5 / 3) + (0.8413447460685429 / 3)) ? 1 : 0;
        }

        // 95 % of 400, give or take 3.5 standard errors.
        Assert.InRange(byFormula, 365, 395);
        Assert.InRange(byBins, 365, 395);
        Assert.InRange(accuracy, 365, 395);
    }
}
