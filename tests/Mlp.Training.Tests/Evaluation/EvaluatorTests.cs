using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Export;
using Mlp.Training.Tests.Networks;

namespace Mlp.Training.Tests.Evaluation;

public sealed class EvaluatorTests
{
    [Fact]
    public async Task EvaluateAsync_NetworkAndItsFile_AgreeAndMatchTheKernels()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var holdout = SyntheticRows.Create(400, seed: 3);
        var batch = await SyntheticRows.BatchOf(holdout);
        byte[] labels = [.. ((Apache.Arrow.FloatArray)batch.Column(SyntheticRows.Label)).Values.ToArray().Select(l => (byte)l)];

        var ofNetwork = await Evaluator.EvaluateAsync(network, holdout);
        var ofFile = await Evaluator.EvaluateAsync(network.Export(), holdout);

        var expected = BinaryClassificationMetrics.Compute(network.Predict(batch), labels);
        Assert.Equal(expected.Auc, ofNetwork.Classification!.Auc);
        Assert.Equal(expected.LogLoss, ofNetwork.Metrics["log_loss"]);
        Assert.Equal(expected.Auc, ofFile.Metrics["auc"], 1e-3);
        Assert.Equal(expected.Brier, ofFile.Metrics["brier"], 1e-5);
        Assert.Null(ofFile.Regression);
    }

    [Fact]
    public async Task EvaluateAsync_Threshold_MovesPrecisionAndRecall()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var holdout = SyntheticRows.Create(400, seed: 3);

        var low = await Evaluator.EvaluateAsync(network, holdout, threshold: 0);
        var high = await Evaluator.EvaluateAsync(network, holdout, threshold: 1);

        Assert.Equal(1, low.Metrics["recall"]);
        Assert.Equal(0, high.Metrics["recall"]);
    }

    [Fact]
    public async Task EvaluateAsync_Regression_GivesErrorsInTheLabelsUnit()
    {
        var options = NetworkTrainerTests.Small();
        (options.Task, options.MaxEpochs) = (ModelTask.Regression, 1);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1, isRegression: true));

        var result = await Evaluator.EvaluateAsync(network.Export(), SyntheticRows.Create(300, seed: 2, isRegression: true));

        Assert.Null(result.Classification);
        Assert.Equal(["mean_absolute_error", "mean_error", "r_squared", "root_mean_squared_error"], result.Metrics.Keys);
        Assert.InRange(result.Metrics["root_mean_squared_error"], 1, 100);
    }

    [Fact]
    public async Task EvaluateAsync_HoldoutLacksAFeature_NamesIt()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var holdout = new Rows().Float32("miles", 1f).Label("label", true).Set("label");

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => Evaluator.EvaluateAsync(network.Export(), holdout));

        Assert.Equal("fare", error.Column);
    }

    [Fact]
    public async Task EvaluateAsync_Ranking_IsRefused()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var model = network.Export();

        await Assert.ThrowsAsync<ArgumentException>(
            () => Evaluator.EvaluateAsync(model.Onnx, model.Features, model.Output with { Task = ModelTask.Ranking }, SyntheticRows.Create(10, seed: 1)));
    }
}
