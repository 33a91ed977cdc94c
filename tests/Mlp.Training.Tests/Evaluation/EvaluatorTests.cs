using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Slices;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Evaluation.Folds;
using Mlp.Training.Tests.Export;
using Mlp.Training.Tests.Networks;
using Mlp.Training.Trees;

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
    public async Task ScoreAsync_ExportedModelAndItsFile_GiveTheScoresOfTheTrainedOne()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var holdout = SyntheticRows.Create(200, seed: 3);
        var model = network.Export();

        var expected = await Evaluator.ScoreAsync(network, holdout);
        var exported = await Evaluator.ScoreAsync(model, holdout);
        var file = await Evaluator.ScoreAsync(model.Onnx, model.Features, model.Output, holdout);

        Assert.Equal(expected.Labels.ToArray(), exported.Labels.ToArray());
        Assert.All(expected.Scores.ToArray().Zip(exported.Scores.ToArray()), s => Assert.Equal(s.First, s.Second, OnnxExporter.Tolerance));
        Assert.Equal(exported.Scores.ToArray(), file.Scores.ToArray());
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

    [Fact]
    public async Task EvaluateAsync_SeveralClasses_TreesAndTheirFileAgree()
    {
        var set = Kinds(600, seed: 1);
        using var trees = await new TreeTrainer(new TreeOptions { Objective = TreeObjective.Multiclass, MaximumIterations = 10, Threads = 1 }).FitAsync(set);
        var holdout = Kinds(300, seed: 2);
        var options = new EvaluatorOptions { TopK = { 2 }, Slices = { RowSlice.ByEdges("x", 0.5) } };

        var ofTrees = await Evaluator.EvaluateAsync(trees, holdout, options);
        var ofFile = await Evaluator.EvaluateAsync(trees.Export(), holdout, options);

        Assert.Equal(["a", "b", "c"], ofFile.ClassNames);
        Assert.Equal(ofTrees.Metrics.Keys, ofFile.Metrics.Keys);
        Assert.All(ofTrees.Metrics, m => Assert.Equal(m.Value, ofFile.Metrics[m.Key], 1e-4));
        Assert.Equal(2, ofFile.Slices.Count);
        Assert.InRange(ofFile.Metrics["accuracy"], 0.6, 1);
        Assert.True(ofFile.Metrics["top_2_accuracy"] >= ofFile.Metrics["accuracy"]);
    }

    [Fact]
    public async Task EvaluateAsync_ClassThatTrainingLacked_IsNamedByRow()
    {
        var model = new StubModel(ModelTask.MulticlassClassification, ["a", "b"], batch => new float[batch.Length * 2]);
        var holdout = new Rows().Float32("x", 1, 2, 3).Label("kind", "a", "b", "c").Set("kind");

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => Evaluator.EvaluateAsync(model, holdout));

        Assert.Equal("Expected label 'kind' to be one of the 2 classes 'a', 'b', but row 2 holds a class that was not seen.", error.Message);
    }

    [Fact]
    public async Task EvaluateAsync_TextsForNumbers_AreRefused()
    {
        var model = new StubModel(ModelTask.BinaryClassification, [], batch => new float[batch.Length]);
        var holdout = new Rows().Float32("x", 1, 2).Label("kind", "a", "b").Set("kind");

        Assert.Equal(
            "Expected label 'kind' to be 0 or 1, as the model's classes have no names, but found texts.",
            (await Assert.ThrowsAsync<TrainingDataException>(() => Evaluator.EvaluateAsync(model, holdout))).Message);
    }

    [Fact]
    public async Task EvaluateAsync_NoLabel_SaysSo()
    {
        var model = new StubModel(ModelTask.BinaryClassification, [], batch => new float[batch.Length]);
        var missing = new Rows().Float32("x", 1, 2).Set();
        var empty = new Rows().Float32("x", 1, 2).Float32("y", 1, null).Set("y");

        Assert.Equal("Expected a training set with a label column, but its manifest names none.", (await Assert.ThrowsAsync<TrainingDataException>(() => Evaluator.EvaluateAsync(model, missing))).Message);
        Assert.Equal("Expected a label in every row of column 'y', but row 1 has none.", (await Assert.ThrowsAsync<TrainingDataException>(() => Evaluator.EvaluateAsync(model, empty))).Message);
    }

    [Fact]
    public async Task EvaluateAsync_ScoreThatIsNoNumber_NamesTheRow()
    {
        var model = new StubModel(ModelTask.BinaryClassification, [], batch => [0.5f, float.NaN]);
        var holdout = new Rows().Float32("x", 1, 2).Label("y", true, false).Set("y");

        Assert.StartsWith("Expected a finite score for every row, but row 1 has none.", (await Assert.ThrowsAsync<InvalidModelException>(() => Evaluator.EvaluateAsync(model, holdout))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_WeightColumn_WeighsRows()
    {
        var model = new StubModel(ModelTask.BinaryClassification, [], StubModel.ScoreColumn);
        var rows = new Rows().Float32("w", 1, 3, 0, 2).Label("score", 0.1f, 0.9f, 0.2f, 0.7f).Label("y", false, true, true, false).Set("y");
        var weighted = new ChangedTrainingSet(rows, m => m with { WeightColumn = "w" });

        var result = await Evaluator.EvaluateAsync(model, weighted);

        Assert.Equal(3, result.RowCount);
        Assert.Equal(4.0 / 6, result.Metrics["accuracy"], 1e-12);
    }

    [Fact]
    public async Task EvaluateAsync_Groups_RankWithinThem()
    {
        var model = new StubModel(ModelTask.Ranking, [], StubModel.ScoreColumn);
        var rows = new Rows().Int64("query", 1, 1, 2, 2, 2).Label("score", 0.1f, 0.9f, 0.2f, 0.7f, 0.5f).Label("gain", 0, 1, 0, 0, 2).Set("gain");

        var result = await Evaluator.EvaluateAsync(model, rows, new EvaluatorOptions { GroupColumn = "query" });

        Assert.Equal(2, result.Ranking!.QueryCount);
        Assert.Equal((1 + (1 / Math.Log2(3))) / 2, result.Metrics["ndcg"], 1e-12);
        Assert.Equal(0.75, result.Metrics["mean_reciprocal_rank"], 1e-12);
    }

    [Theory]
    [InlineData("EvaluatorOptions.TopK must hold numbers of at least 1, but holds 0.", 0, 10)]
    [InlineData("EvaluatorOptions.RankingCutoff must be between 1 and 1000000, but is 0.", 1, 0)]
    public void Evaluate_OptionOutOfRange_SaysSo(string sentence, int k, int cutoff)
        => Assert.StartsWith(
            sentence,
            Assert.Throws<ArgumentException>(() => Evaluator.Evaluate(ScoredRows.Binary([0.1, 0.2], [0, 1]), new EvaluatorOptions { TopK = { k }, RankingCutoff = cutoff })).Message,
            StringComparison.Ordinal);

    private static ArrowTrainingSet Kinds(int count, int seed)
    {
        var random = new Random(seed);
        float?[] x = [.. Enumerable.Range(0, count).Select(_ => (float?)random.NextSingle())];
        return new Rows().Float32("x", x).Label("kind", [.. x.Select(v => random.Next(5) == 0 ? "c" : v < 0.33f ? "a" : v < 0.66f ? "b" : "c")]).Set("kind");
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
