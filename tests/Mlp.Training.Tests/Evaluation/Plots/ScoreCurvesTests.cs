using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Plots;
using Mlp.Training.Tests.Evaluation.Calibration;

namespace Mlp.Training.Tests.Evaluation.Plots;

public sealed class ScoreCurvesTests
{
    [ScikitLearnFact]
    public void RocAndPrecisionRecall_WithTiesAndWeights_AreScikitLearns()
    {
        var (scores, labels) = CalibrationScores.Overconfident(700, seed: 21);
        float[] weights = [.. scores.Select((_, i) => 0.25f + (i % 5))];
        var rows = CalibrationScores.Of(scores, labels, weights);

        var theirs = ScikitLearn.Run(
            """
            from sklearn.metrics import roc_curve, precision_recall_curve
            out['fpr'], out['tpr'], out['t'] = roc_curve(y, s, sample_weight=w, drop_intermediate=False)
            out['p'], out['r'], out['u'] = precision_recall_curve(y, s, sample_weight=w)
            """,
            ("y", labels.Select(l => (double)l)), ("s", scores.Select(s => (double)s)), ("w", weights.Select(w => (double)w)));

        var roc = ScoreCurves.Roc(rows);
        AssertSame(theirs["fpr"], roc.Select(p => p.FalsePositiveRate));
        AssertSame(theirs["tpr"], roc.Select(p => p.TruePositiveRate));
        AssertSame(theirs["t"][1..], roc.Skip(1).Select(p => p.Threshold));
        var curve = ScoreCurves.PrecisionRecall(rows).Reverse().ToList();
        AssertSame(theirs["p"][..^1], curve.Select(p => p.Precision));
        AssertSame(theirs["r"][..^1], curve.Select(p => p.Recall));
        AssertSame(theirs["u"], curve.Select(p => p.Threshold));
    }

    [Fact]
    public void Gain_HandComputed_CountsTiesAsOneStep()
    {
        var points = ScoreCurves.Gain(ScoredRows.Binary([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 0]));

        Assert.Equal([new(0, 0), new(0.25, 0.5), new(0.75, 1), new GainPoint(1, 1)], points);
        Assert.Equal(2, points[1].Lift);
    }

    [Fact]
    public void Roc_OneClass_IsRefusedWithASentence()
        => Assert.Equal(
            "Expected rows of both classes to draw curves of, but all 2 are of one.",
            Assert.Throws<TrainingDataException>(() => ScoreCurves.Roc(ScoredRows.Binary([0.1, 0.2], [1, 1]))).Message);

    private static void AssertSame(double[] expected, IEnumerable<double> actual)
    {
        var found = actual.ToArray();
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < found.Length; i++)
        {
            Assert.Equal(expected[i], found[i], 1e-9);
        }
    }
}
