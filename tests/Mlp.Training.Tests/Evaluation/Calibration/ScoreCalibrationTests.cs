using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Evaluation.Calibration;

public sealed class ScoreCalibrationTests
{
    [Theory]
    [InlineData(CalibrationMethod.Platt)]
    [InlineData(CalibrationMethod.Isotonic)]
    [InlineData(CalibrationMethod.Beta)]
    public void FitOnScores_ScoresThatAreTooSure_ComeTrueAfterwards(CalibrationMethod method)
    {
        var (scores, labels) = CalibrationScores.Overconfident(4000, seed: 1);

        var calibration = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = method });

        Assert.InRange(calibration.Before.ExpectedCalibrationError, 0.08, 0.3);
        Assert.InRange(calibration.After.ExpectedCalibrationError, 0, 0.03);
        Assert.True(calibration.After.LogLoss < calibration.Before.LogLoss);
        Assert.True(calibration.After.Brier < calibration.Before.Brier);
        Assert.Equal((method, 4000, 1, ModelTask.BinaryClassification), (calibration.Method, calibration.RowCount, calibration.ScoreCount, calibration.Task));
        Assert.Equal(calibration.After.LogLoss, calibration.Metrics["calibration.after.log_loss"]);
        Assert.Equal(calibration.Before.ExpectedCalibrationError, calibration.Metrics["calibration.before.calibration_error"]);
    }

    [Fact]
    public void FitOnScores_Platt_FindsTheLineThatUndoesTheDistortion()
    {
        var (scores, labels) = CalibrationScores.Overconfident(40_000, seed: 2);

        var parameters = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels)).Parameters;

        // The scores' log odds are 2z + 0.7.
        Assert.InRange(parameters["slope"], 0.48, 0.52);
        Assert.InRange(parameters["intercept"], -0.40, -0.30);
    }

    [Theory]
    [InlineData(CalibrationMethod.Temperature, 0)]
    [InlineData(CalibrationMethod.Vector, 1)]
    public void FitOnScores_SeveralClasses_ComeTrueAfterwards(CalibrationMethod method, double shift)
    {
        var (scores, labels) = CalibrationScores.Sharp(6000, seed: 3, shift: shift);

        var calibration = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = method });

        Assert.InRange(calibration.Before.ExpectedCalibrationError, 0.1, 0.5);
        Assert.InRange(calibration.After.ExpectedCalibrationError, 0, 0.03);
        Assert.True(calibration.After.LogLoss < calibration.Before.LogLoss);
        Assert.Equal(ModelTask.MulticlassClassification, calibration.Task);
        if (method == CalibrationMethod.Temperature)
        {
            Assert.InRange(calibration.Parameters["temperature"], 2.3, 2.7);
            return;
        }

        // The first class was said too often by e^1, before its logit was scaled back by 2.5.
        Assert.InRange(calibration.Parameters["offset_0"] - calibration.Parameters["offset_1"], -0.55, -0.25);
        Assert.InRange(calibration.Parameters["factor_1"], 0.3, 0.5);
    }

    [Fact]
    public void FitOnScores_Weights_AreAsRepeatedRows()
    {
        var (scores, labels) = CalibrationScores.Overconfident(500, seed: 4);
        float[] weights = [.. Enumerable.Range(0, 500).Select(i => (float)(i % 3))];
        int[] repeated = [.. Enumerable.Range(0, 500).SelectMany(i => Enumerable.Repeat(i, i % 3))];
        foreach (var method in new[] { CalibrationMethod.Platt, CalibrationMethod.Isotonic, CalibrationMethod.Beta })
        {
            var options = new CalibrationOptions { Method = method };
            var weighted = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels, weights), options);
            var plain = ScoreCalibration.FitOnScores(CalibrationScores.Of([.. repeated.Select(i => scores[i])], [.. repeated.Select(i => labels[i])]), options);

            Assert.Equal(plain.Before.LogLoss, weighted.Before.LogLoss, 12);
            foreach (var (one, other) in plain.Apply(scores).Zip(weighted.Apply(scores)))
            {
                Assert.Equal(one, other, 1e-6f);
            }
        }
    }

    [Theory]
    [InlineData(CalibrationMethod.Platt)]
    [InlineData(CalibrationMethod.Isotonic)]
    [InlineData(CalibrationMethod.Beta)]
    public void FitOnScores_QualityAfterwards_IsThatOfRowsThatTheFitHasNotSeen(CalibrationMethod method)
    {
        var (scores, labels) = CalibrationScores.Overconfident(150, seed: 10);

        var calibration = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = method });

        // The function with the least loss over these rows cannot lose more than one of its kind that did not see each row.
        var ofSeen = calibration.Apply(scores).Select((p, row) => -Math.Log(Math.Max(1e-15, labels[row] == 1 ? p : 1.0 - p))).Average();
        Assert.True(calibration.After.LogLoss > ofSeen + 1e-4, $"{calibration.After.LogLoss} and {ofSeen}");
    }

    [Fact]
    public void FitOnScores_SameSeed_SameQuality()
    {
        var (scores, labels) = CalibrationScores.Overconfident(600, seed: 5);

        Assert.Equal(ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels)).After, ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels)).After);
        Assert.NotEqual(ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Seed = 1 }).After, ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels)).After);
    }

    [Fact]
    public void FitOnScores_Isotonic_GrowsAndIsNeverSteeperThanRoundingAllows()
    {
        var (scores, labels) = CalibrationScores.Overconfident(20_000, seed: 6);

        var calibration = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = CalibrationMethod.Isotonic });

        var odds = Enumerable.Range(-9000, 18_001).Select(i => i / 1000f).ToArray();
        var calibrated = new float[odds.Length];
        calibration.Calibrator.Apply(odds, calibrated);
        for (var i = 1; i < odds.Length; i++)
        {
            Assert.InRange((calibrated[i] - calibrated[i - 1]) / (odds[i] - odds[i - 1]), 0, 1.02 * IsotonicCalibrator.GreatestSlope / Math.Max(1, Math.Abs(odds[i]) - 0.01));
        }
    }

    [Fact]
    public void FitOnScores_BadRows_AreRefusedWithASentence()
    {
        var (scores, labels) = CalibrationScores.Overconfident(200, seed: 7);
        int[] ones = [.. Enumerable.Repeat(1, 200)];
        float[] constant = [.. Enumerable.Repeat(0.3f, 200)];
        float[] turned = [.. scores.Select(s => 1 - s)];
        int[] rare = [.. Enumerable.Range(0, 200).Select(i => i < 3 ? 1 : 0)];

        Assert.Equal(
            "Expected at least 50 rows to calibrate on, but found 49: what is learned from them would be chance.",
            Refused(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(scores[..49], labels[..49]))));
        Assert.Equal("Expected rows of both classes to calibrate on, but all 200 are of one.", Refused(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, ones))));
        Assert.Equal(
            "Expected scores that differ from row to row, but all 200 rows to calibrate on have the same: there is nothing to learn from.",
            Refused(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(constant, labels))));
        Assert.Equal("Expected at least 5 rows of each class to calibrate on, one for each fold, but class 1 has 3.", Refused(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, rare))));
        foreach (var method in new[] { CalibrationMethod.Platt, CalibrationMethod.Isotonic, CalibrationMethod.Beta })
        {
            Assert.StartsWith(
                "Expected scores that grow with the share of class 1, but over the 200 rows to calibrate on they ",
                Refused(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(turned, labels), new() { Method = method })),
                StringComparison.Ordinal);
        }

        string Refused(Action fit) => Assert.Throws<TrainingDataException>(fit).Message;
    }

    [Fact]
    public void FitOnScores_BadArguments_AreRefusedWithASentence()
    {
        var (scores, labels) = CalibrationScores.Overconfident(100, seed: 8);
        float[] outside = [.. scores];
        outside[7] = 1.5f;
        var numbers = ScoredRows.Regression([1, 2], [1, 2]);

        Assert.StartsWith("Expected probabilities from 0 to 1, but row 7 has another score.", Refused(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(outside, labels))), StringComparison.Ordinal);
        Assert.StartsWith("Expected rows of a model for BinaryClassification or MulticlassClassification, but found Regression.", Refused(() => ScoreCalibration.FitOnScores(numbers)), StringComparison.Ordinal);
        Assert.StartsWith("Expected Platt, Isotonic or Beta for two classes, but found Vector.", Refused(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = CalibrationMethod.Vector })), StringComparison.Ordinal);
        Assert.StartsWith(
            "Expected CalibrationOptions.HeldOutShare to be left out with rows of your own, but it is 0.5: it is for FitOnHeldOut.",
            Refused(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { HeldOutShare = 0.5 })),
            StringComparison.Ordinal);
        Assert.Contains("MinimumRows", Refused(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { MinimumRows = 1 })), StringComparison.Ordinal);

        string Refused(Action fit) => Assert.ThrowsAny<ArgumentException>(fit).Message;
    }

    [Theory]
    [InlineData(CalibrationMethod.Isotonic)]
    [InlineData(CalibrationMethod.Platt)]
    public void FitOnScores_CancelledToken_Ends(CalibrationMethod method)
    {
        var (scores, labels) = CalibrationScores.Overconfident(200, seed: 9);

        Assert.Throws<OperationCanceledException>(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = method }, new CancellationToken(true)));
    }

    [Fact]
    public void FitOnScores_RowsOfWeightZero_DoNotCount()
    {
        var (scores, labels) = CalibrationScores.Overconfident(400, seed: 9);
        float[] weights = [.. Enumerable.Range(0, 400).Select(i => i < 45 ? 1f : 0)];
        float[] more = [.. Enumerable.Range(0, 400).Select(i => i < 80 ? 1f : 0)];

        Assert.Equal(
            "Expected at least 50 rows to calibrate on, but found 45: what is learned from them would be chance.",
            Assert.Throws<TrainingDataException>(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels, weights))).Message);
        var calibration = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels, more));
        Assert.Equal((80, 80.0), (calibration.RowCount, calibration.Metrics["calibration.rows"]));
    }

    [Fact]
    public void FitOnScores_IsotonicOfClassesThatAlmostTouch_SaysSo()
    {
        float[] scores = [.. Enumerable.Range(0, 400).Select(i => i < 200 ? 0.9f : 0.9001f)];
        int[] labels = [.. Enumerable.Range(0, 400).Select(i => i < 200 ? 0 : 1)];

        var e = Assert.Throws<TrainingDataException>(() => ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = CalibrationMethod.Isotonic }));

        Assert.StartsWith("Expected scores that lie further apart, but over the ", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(": calibrate by Platt.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitOnHeldOut_TreesThatGoOn_TakesOnlyRowsThatTheFirstTreesHaveNotSeen()
    {
        var set = SyntheticRows.Create(600, seed: 1);
        var options = Trees.TreeTrainerTests.Small();
        (options.ValidationShare, options.MaximumIterations) = (0, 5);
        using var ofAll = await new TreeTrainer(options).FitAsync(set);
        options.ValidationShare = 0.3;
        var trainer = new TreeTrainer(options);
        using var ofPart = await trainer.FitAsync(set);
        using var seen = await trainer.ContinueAsync(ofAll, set);
        using var unseen = await trainer.ContinueAsync(ofPart, set);
        using var other = await trainer.ContinueAsync(ofPart, SyntheticRows.Create(600, seed: 2));
        options.ValidationShare = 0.5;
        using var partly = await new TreeTrainer(options).ContinueAsync(ofPart, set);

        foreach (var trees in new[] { seen, other })
        {
            Assert.Equal(
                "Expected rows that neither the model nor what it goes on from was trained on, but this is known of none of the 180 rows that validated: give other rows to calibrate on.",
                Assert.Throws<TrainingDataException>(() => ScoreCalibration.FitOnHeldOut(trees)).Message);
            Assert.Equal(600, trees.Export().ExportProof.RowCount);
        }

        Assert.Equal((180, 180), (ScoreCalibration.FitOnHeldOut(unseen).RowCount, ScoreCalibration.FitOnHeldOut(partly).RowCount));
    }

    [Fact]
    public async Task FitOnHeldOut_NetworkThatBeganWithWeights_IsRefused()
    {
        using var folder = new TempDirectory();
        var options = NetworkTrainerTests.Small();
        (options.ValidationShare, options.MaxEpochs) = (0.3, 1);
        using var first = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1));
        options.InitialWeights = Path.Combine(folder.FullName, "weights.safetensors");
        first.SaveWeights(options.InitialWeights);
        using var second = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1));

        Assert.Equal(90, ScoreCalibration.FitOnHeldOut(first).RowCount);
        Assert.StartsWith(
            "Expected rows that neither the model nor what it goes on from was trained on, but this is known of none of the 90 rows",
            Assert.Throws<TrainingDataException>(() => ScoreCalibration.FitOnHeldOut(second)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_CalibrationOfAnotherModel_IsRefused()
    {
        var options = Trees.TreeTrainerTests.Small();
        (options.ValidationShare, options.MaximumIterations) = (0.3, 5);
        using var one = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 1));
        using var two = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 2));
        var calibration = ScoreCalibration.FitOnHeldOut(one);

        Assert.StartsWith(
            "Expected a calibration of this model, but found one that was fitted to the scores of another model.",
            Assert.Throws<ArgumentException>(() => two.Export(new ExportOptions { Calibration = calibration })).Message,
            StringComparison.Ordinal);
        Assert.Same(calibration, one.Export(new ExportOptions { Calibration = calibration }).Calibration);
    }

    [Fact]
    public async Task FitOnHeldOut_NoHeldOutRows_SaysSo()
    {
        var options = NetworkTrainerTests.Small();
        (options.ValidationShare, options.MaxEpochs) = (0, 1);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1));

        Assert.Equal(
            "Expected rows that the model was not trained on, but all 300 rows of its training set trained it: give other rows to calibrate on, or set a validation share.",
            Assert.Throws<TrainingDataException>(() => ScoreCalibration.FitOnHeldOut(network)).Message);
        options.Task = ModelTask.Regression;
        using var regression = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1, isRegression: true));
        Assert.StartsWith(
            "Expected a model for BinaryClassification or MulticlassClassification to calibrate, but found Regression.",
            Assert.Throws<ArgumentException>(() => ScoreCalibration.FitOnHeldOut(regression)).Message,
            StringComparison.Ordinal);
    }
}
