using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
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

        var low = await Evaluator.EvaluateAsync(network, holdout, new EvaluatorOptions { DecisionThreshold = 0 });
        var high = await Evaluator.EvaluateAsync(network, holdout, new EvaluatorOptions { DecisionThreshold = 1 });

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

    /// <summary>What exporters of other tools write, and the runtime serves.</summary>
    [Fact]
    public async Task EvaluateAsync_NarrowTypesAndAFixedBatch_ScoresEveryRow()
    {
        var onnx = NarrowGraph(batch: 3);
        var rows = new Rows().Int64("a", 1, 2, 3, 4, 5, 6, 7).Float32("b", 0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f);
        var holdout = rows.Label("y", 7f, 13, 19, 25, 31, 37, 43);

        var result = await Evaluator.EvaluateAsync(onnx, rows.Features, Narrow, holdout.Set("y"));

        // a + 10 b is 6, 12, 18, ...
        Assert.Equal(1, result.Metrics["mean_absolute_error"]);
    }

    [Fact]
    public async Task EvaluateAsync_ValueBeyondTheNarrowType_NamesTheRow()
    {
        var rows = new Rows().Int64("a", 1, 2, 3, 1L << 40).Float32("b", 1, 1, 1, 1);

        var error = await Assert.ThrowsAsync<FeatureRangeException>(() => Evaluator.EvaluateAsync(NarrowGraph(batch: 3), rows.Features, Narrow, rows.Label("y", 1f, 1, 1, 1).Set("y")));

        Assert.Equal(("a", 3), (error.Feature, error.Row));
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
    public async Task EvaluateAsync_RankingWithoutGroups_IsRefused()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var model = network.Export();

        await Assert.ThrowsAsync<ArgumentException>(
            () => Evaluator.EvaluateAsync(model.Onnx, model.Features, model.Output with { Task = ModelTask.Ranking }, SyntheticRows.Create(10, seed: 1)));
    }

    private static ModelOutput Narrow { get; } = new() { Task = ModelTask.Regression, ScoreOutput = "y" };

    // y = a + 10 b, a int32 and b float16.
    private static byte[] NarrowGraph(long batch)
    {
        const OnnxDataType Float16 = (OnnxDataType)10;
        var graph = new OnnxGraphBuilder("narrow");
        var a = graph.AddNode("Cast", [graph.AddInput("a", OnnxDataType.Int32, batch, 1)], [OnnxAttribute.Int("to", (long)OnnxDataType.Float32)]);
        var b = graph.AddNode("Cast", [graph.AddInput("b", Float16, batch, 1)], [OnnxAttribute.Int("to", (long)OnnxDataType.Float32)]);
        graph.AddNode("Add", [a, graph.AddNode("Mul", [b, graph.AddConstant("ten", [10f], 1)])], output: "y");
        graph.AddOutput("y", OnnxDataType.Float32, batch, 1);
        return graph.Build();
    }
}
