using Mlp.TestSupport;
using Mlp.Training.Evaluation;

namespace Mlp.Training.Tests.Evaluation;

/// <summary>Every metric of an evaluation equals scikit-learn's, with ties, weights and several classes.</summary>
public sealed class ScikitLearnAgreementTests
{
    private const int RowCount = 3_000;
    private const double Tolerance = 1e-9;

    [ScikitLearnFact]
    public void Binary_TiesAndWeights_EqualScikitLearn()
    {
        var random = new Random(3);
        double[] labels = [.. Enumerable.Range(0, RowCount).Select(_ => random.NextDouble() < 0.3 ? 1.0 : 0)];
        double[] scores = [.. labels.Select(l => Math.Round((random.NextDouble() * 0.8) + (0.2 * l), 2))];
        var weights = Weights(random);
        var expected = ScikitLearn.Run(
            """
            from sklearn.metrics import *
            for n, w in (('', None), ('w_', weights)):
                p = (scores >= 0.4).astype(int)
                out[n + 'auc'] = roc_auc_score(labels, scores, sample_weight=w)
                out[n + 'average_precision'] = average_precision_score(labels, scores, sample_weight=w)
                out[n + 'log_loss'] = log_loss(labels, scores, sample_weight=w)
                out[n + 'brier'] = brier_score_loss(labels, scores, sample_weight=w)
                out[n + 'accuracy'] = accuracy_score(labels, p, sample_weight=w)
                out[n + 'precision'] = precision_score(labels, p, sample_weight=w)
                out[n + 'recall'] = recall_score(labels, p, sample_weight=w)
                out[n + 'f1'] = f1_score(labels, p, sample_weight=w)
            """,
            ("labels", labels),
            ("scores", scores),
            ("weights", weights));

        Check(expected, Evaluator.Evaluate(ScoredRows.Binary(scores, labels), new() { DecisionThreshold = 0.4 }), string.Empty, 8);
        Check(expected, Evaluator.Evaluate(ScoredRows.Binary(scores, labels, weights), new() { DecisionThreshold = 0.4 }), "w_", 8);
    }

    [ScikitLearnFact]
    public void Regression_Weights_EqualScikitLearn()
    {
        var random = new Random(4);
        double[] labels = [.. Enumerable.Range(0, RowCount).Select(_ => 1e3 + (random.NextDouble() * 50))];
        double[] scores = [.. labels.Select(l => l + (random.NextDouble() * 20) - 9)];
        var weights = Weights(random);
        var expected = ScikitLearn.Run(
            """
            from sklearn.metrics import *
            for n, w in (('', None), ('w_', weights)):
                out[n + 'mean_error'] = np.average(scores - labels, weights=w)
                out[n + 'mean_absolute_error'] = mean_absolute_error(labels, scores, sample_weight=w)
                out[n + 'root_mean_squared_error'] = mean_squared_error(labels, scores, sample_weight=w) ** 0.5
                out[n + 'r_squared'] = r2_score(labels, scores, sample_weight=w)
            """,
            ("labels", labels),
            ("scores", scores),
            ("weights", weights));

        Check(expected, Evaluator.Evaluate(ScoredRows.Regression(scores, labels)), string.Empty, 4);
        Check(expected, Evaluator.Evaluate(ScoredRows.Regression(scores, labels, weights)), "w_", 4);
    }

    [ScikitLearnFact]
    public void Multiclass_TiesAndWeights_EqualScikitLearn()
    {
        const int Classes = 5;
        var random = new Random(5);
        int[] labels = [.. Enumerable.Range(0, RowCount).Select(_ => Math.Min(random.Next(Classes), random.Next(Classes)))];
        var scores = new double[RowCount * Classes];
        for (var i = 0; i < scores.Length; i++)
        {
            // Ratios of small whole numbers, so that scores tie.
            scores[i] = random.Next(1, 9) + (labels[i / Classes] == i % Classes ? 3 : 0);
        }

        for (var row = 0; row < RowCount; row++)
        {
            var sum = scores.AsSpan(row * Classes, Classes).ToArray().Sum();
            for (var c = 0; c < Classes; c++)
            {
                scores[(row * Classes) + c] /= sum;
            }
        }

        var weights = Weights(random);
        var expected = ScikitLearn.Run(
            """
            from sklearn.metrics import *
            s = scores.reshape(-1, 5); y = labels.astype(int); p = s.argmax(1)
            for n, w in (('', None), ('w_', weights)):
                out[n + 'accuracy'] = accuracy_score(y, p, sample_weight=w)
                out[n + 'macro_f1'] = f1_score(y, p, average='macro', sample_weight=w)
                out[n + 'weighted_f1'] = f1_score(y, p, average='weighted', sample_weight=w)
                out[n + 'log_loss'] = log_loss(y, s, sample_weight=w)
                a = [roc_auc_score(y == c, s[:, c], sample_weight=w) for c in range(5)]
                out[n + 'macro_auc'] = np.mean(a)
                out[n + 'weighted_auc'] = np.average(a, weights=[(np.ones(len(y)) if w is None else w)[y == c].sum() for c in range(5)])
                out[n + 'confusion'] = confusion_matrix(y, p, sample_weight=w)
                for k in (2, 3):
                    out[n + 'top_%d_accuracy' % k] = top_k_accuracy_score(y, s, k=k, sample_weight=w)
            """,
            ("labels", labels.Select(l => (double)l)),
            ("scores", scores),
            ("weights", weights));
        var options = new EvaluatorOptions { TopK = { 2, 3 } };
        string[] names = ["a", "b", "c", "d", "e"];

        var plain = Evaluator.Evaluate(ScoredRows.Multiclass(scores, labels, names), options);
        var weighted = Evaluator.Evaluate(ScoredRows.Multiclass(scores, labels, names, weights), options);

        Check(expected, plain, string.Empty, 8);
        Check(expected, weighted, "w_", 8);
        Assert.All(expected["w_confusion"].Zip(weighted.Multiclass!.Confusion), p => Assert.Equal(p.First, p.Second, 1e-8));
        Assert.Equal(plain.Multiclass!.Accuracy, plain.Multiclass.MicroF1);
    }

    [ScikitLearnFact]
    public void Ranking_TiesAndWeights_EqualScikitLearn()
    {
        const int Groups = 150;
        var random = new Random(6);
        ulong[] groups = [.. Enumerable.Range(0, RowCount).Select(i => (ulong)(i / (RowCount / Groups)))];
        double[] gains = [.. groups.Select(g => g == 7 ? 0.0 : random.Next(4))];
        double[] scores = [.. gains.Select(g => Math.Round(random.NextDouble() + (0.1 * g), 1))];
        double[] ofGroup = [.. Enumerable.Range(0, Groups).Select(g => 0.5 + (g % 4))];
        double[] weights = [.. groups.Select(g => ofGroup[g])];
        var expected = ScikitLearn.Run(
            """
            from sklearn.metrics import *
            s = scores.reshape(150, -1); y = gains.reshape(150, -1); gw = weights.reshape(150, -1)[:, 0]
            nd = np.array([ndcg_score(y[i:i + 1], s[i:i + 1], k=5) for i in range(150)])
            ap = np.array([average_precision_score(y[i] > 0, s[i]) if (y[i] > 0).any() else np.nan for i in range(150)])
            rr = np.array([1 / max(1, (s[i] >= s[i][y[i] > 0].max()).sum()) if (y[i] > 0).any() else 0 for i in range(150)])
            for n, w in (('', np.ones(150)), ('w_', gw)):
                out[n + 'ndcg'] = np.average(nd, weights=w)
                out[n + 'mean_average_precision'] = np.average(ap[~np.isnan(ap)], weights=w[~np.isnan(ap)])
                out[n + 'mean_reciprocal_rank'] = np.average(rr, weights=w)
            """,
            ("gains", gains),
            ("scores", scores),
            ("weights", weights));
        var options = new EvaluatorOptions { RankingCutoff = 5 };

        Check(expected, Evaluator.Evaluate(ScoredRows.Ranking(scores, gains, groups), options), string.Empty, 3);
        Check(expected, Evaluator.Evaluate(ScoredRows.Ranking(scores, gains, groups, weights), options), "w_", 3);
    }

    private static void Check(Dictionary<string, double[]> expected, EvaluationResult found, string prefix, int count)
    {
        var names = expected.Keys.Where(k => found.Metrics.ContainsKey(k.StartsWith("w_", StringComparison.Ordinal) ? k[2..] : k) && k.StartsWith("w_", StringComparison.Ordinal) == (prefix.Length > 0)).ToList();
        Assert.Equal(count, names.Count);
        foreach (var name in names)
        {
            var value = found.Metrics[name[prefix.Length..]];
            Assert.True(Math.Abs(value - expected[name][0]) <= Tolerance * Math.Max(1, Math.Abs(value)), $"{name}: {value} instead of {expected[name][0]}");
        }
    }

    private static double[] Weights(Random random) => [.. Enumerable.Range(0, RowCount).Select(_ => 0.1 + (random.NextDouble() * 3))];
}
