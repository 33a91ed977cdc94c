using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;
using Mlp.Training.Tests.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Evaluation.Calibration;

public sealed class CalibratedExportTests
{
    [Theory]
    [InlineData(CalibrationMethod.Platt)]
    [InlineData(CalibrationMethod.Isotonic)]
    [InlineData(CalibrationMethod.Beta)]
    public async Task Export_CalibratedNetwork_IsProvedAndTellsItsQuality(CalibrationMethod method)
    {
        using var network = await new NetworkTrainer(NetworkTrainerTests.Small()).FitAsync(SyntheticRows.Create(2500, seed: 1));
        var calibration = await ScoreCalibration.FitAsync(network, SyntheticRows.Create(1500, seed: 2), new() { Method = method });

        var model = network.Export(new ExportOptions { Calibration = calibration });

        Assert.InRange(model.ExportProof.MaximumDifference, 0, OnnxExporter.Tolerance);
        Assert.Same(calibration, model.Calibration);
        await AssertComputesAsync(network, calibration, model);
        using var directory = new TestRegistry();
        var manifest = await directory.Registry.PublishAsync("m", model.ToPackage(new Dictionary<string, double> { ["auc"] = 0.8 }));
        Assert.Equal(0.8, manifest.Metrics["auc"]);
        Assert.Equal(calibration.After.LogLoss, manifest.Metrics["calibration.after.log_loss"]);
        using var session = new InferenceSession(model.Onnx.ToArray());
        Assert.Equal(method.ToString().ToLowerInvariant(), session.ModelMetadata.CustomMetadataMap["mlp.calibration"]);
    }

    [Theory]
    [InlineData(TreeBoosting.GradientBoosting, 2.0)]
    [InlineData(TreeBoosting.RandomForest, 1.0)]
    public async Task Export_CalibratedTrees_AreProved(TreeBoosting boosting, double factor)
    {
        var options = new TreeOptions { Boosting = boosting, MaximumIterations = 25, Threads = 1, BaggingFraction = 0.7, BaggingFrequency = 1, FeatureFraction = 0.8 };
        options.Parameters["sigmoid"] = factor.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(2500, seed: 1));
        foreach (var method in new[] { CalibrationMethod.Platt, CalibrationMethod.Isotonic })
        {
            var calibration = ScoreCalibration.FitOnHeldOut(trees, new() { Method = method });

            var model = trees.Export(new ExportOptions { Calibration = calibration });

            Assert.Equal(500, calibration.RowCount);
            Assert.InRange(model.ExportProof.MaximumDifference, 0, OnnxExporter.Tolerance);
            await AssertComputesAsync(trees, calibration, model);
        }
    }

    [Theory]
    [InlineData(CalibrationMethod.Temperature)]
    [InlineData(CalibrationMethod.Vector)]
    public async Task Export_CalibratedClasses_AreProved(CalibrationMethod method)
    {
        var options = NetworkTrainerTests.Small();
        options.Task = ModelTask.MulticlassClassification;
        using var network = await new NetworkTrainer(options).FitAsync(Classes(1500, seed: 1));

        var calibration = ScoreCalibration.FitOnHeldOut(network, new() { Method = method });
        var model = network.Export(new ExportOptions { Calibration = calibration });

        Assert.Equal((3, 300), (calibration.ScoreCount, calibration.RowCount));
        Assert.InRange(model.ExportProof.MaximumDifference, 0, OnnxExporter.Tolerance);
    }

    [Fact]
    public async Task Export_CalibratedNarrowNetwork_KeepsItsCalibrationWide()
    {
        using var network = await new NetworkTrainer(NetworkTrainerTests.Small()).FitAsync(SyntheticRows.Create(2500, seed: 1));
        var calibration = ScoreCalibration.FitOnHeldOut(network, new() { Method = CalibrationMethod.Isotonic });

        var wide = network.Export(new ExportOptions { Calibration = calibration });
        var narrow = network.Export(new ExportOptions { Calibration = calibration, Precision = ExportPrecision.Float16 });

        Assert.InRange(narrow.ExportProof.Precision!.MaximumDifference, 1e-7, 0.01);
        Assert.Same(calibration, narrow.Calibration);
        Assert.Equal(wide.ExportProof.MaximumDifference, narrow.ExportProof.MaximumDifference);
    }

    [Fact]
    public async Task FitOnHeldOut_Share_TakesTheLastRows()
    {
        using var network = await new NetworkTrainer(NetworkTrainerTests.Small()).FitAsync(SyntheticRows.Create(1000, seed: 1));

        Assert.Equal(200, ScoreCalibration.FitOnHeldOut(network).RowCount);
        Assert.Equal(100, ScoreCalibration.FitOnHeldOut(network, new() { HeldOutShare = 0.5 }).RowCount);
    }

    [Fact]
    public async Task Export_CalibrationOfOtherClasses_IsRefused()
    {
        var (scores, labels) = CalibrationScores.Sharp(200, seed: 1);
        var calibration = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels));
        using var network = await new NetworkTrainer(NetworkTrainerTests.Small()).FitAsync(SyntheticRows.Create(300, seed: 1));

        var refused = Assert.Throws<ArgumentException>(() => network.Export(new ExportOptions { Calibration = calibration }));

        Assert.StartsWith("Expected a calibration for BinaryClassification with 1 scores, but found one for MulticlassClassification with 3.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Isotonic_GivesTheBitsOfApply()
    {
        var (scores, labels) = CalibrationScores.Overconfident(3000, seed: 3);
        var calibrator = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = CalibrationMethod.Isotonic }).Calibrator;
        var random = new Random(4);
        float[] odds =
        [
            .. LogOdds.Of(scores), .. Enumerable.Range(0, 20_000).Select(_ => (float)((random.NextDouble() * 24) - 12)),
            0, -0.0f, float.Epsilon, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
        ];

        var file = Run(calibrator, odds, 1);

        var own = new float[odds.Length];
        calibrator.Apply(odds, own);
        Assert.Equal(own.Select(Bits), file.Select(Bits));
        Assert.True(float.IsNaN(own[^1]));
    }

    [Theory]
    [InlineData(CalibrationMethod.Platt)]
    [InlineData(CalibrationMethod.Beta)]
    public void Write_SmoothFunctions_AgreeAlsoAtTheEnds(CalibrationMethod method)
    {
        var (scores, labels) = CalibrationScores.Overconfident(1000, seed: 5);
        var calibrator = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = method }).Calibrator;
        float[] odds = [.. Enumerable.Range(-300, 601).Select(i => i / 10f), float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue];

        AssertNear(calibrator, odds, 1);
    }

    [Theory]
    [InlineData(CalibrationMethod.Temperature)]
    [InlineData(CalibrationMethod.Vector)]
    public void Write_Softmax_AgreesAlsoAtTheEnds(CalibrationMethod method)
    {
        var (scores, labels) = CalibrationScores.Sharp(1000, seed: 6);
        var calibrator = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels), new() { Method = method }).Calibrator;

        AssertNear(calibrator, [.. scores, 1, 0, 0, 0, 1, 0, 0.5f, 0.5f, 0, 1e-38f, 1e-20f, 1], 3);
    }

    [Fact]
    public void Source_WithoutLogOdds_IsCalibratedByItsProbabilities()
    {
        var (scores, labels) = CalibrationScores.Overconfident(500, seed: 7);
        var calibration = ScoreCalibration.FitOnScores(CalibrationScores.Of(scores, labels));
        float?[] asked = [0, 1e-9f, 0.2f, 0.5f, 0.9f, 1];
        var table = FeatureTable.Of(new Rows().Float32("p", asked).Batch(), [new FeatureColumn("p", FeatureType.Float32, "view")]);
        var source = CalibratedSource.Of(new Probability(), calibration);

        var graph = new OnnxGraphBuilder("model");
        graph.AddNode("Identity", [source.Write(graph, source.WriteInputs(graph))], output: "score");
        graph.AddOutput("score", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);

        var own = source.Score(table);
        Assert.Equal(calibration.Apply([.. asked.Select(a => a!.Value)]), own);
        using var session = new InferenceSession(graph.Build());
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("p", new DenseTensor<float>(asked.Select(a => a!.Value).ToArray(), [6, 1]))]);
        foreach (var (file, expected) in results[0].AsTensor<float>().Zip(own))
        {
            Assert.Equal(expected, file, 1e-6f);
        }
    }

    private static async Task AssertComputesAsync(IFittedModel fitted, ScoreCalibration calibration, TrainedModel model)
    {
        var unseen = SyntheticRows.Create(800, seed: 9);
        var batch = await SyntheticRows.BatchOf(unseen);
        var expected = calibration.Apply(fitted.Predict(batch));
        using var scorer = OnnxScorer.Open("m", model.Onnx, model.Features, model.Output);
        var scores = scorer.Score(FeatureTable.Of(batch, model.Features), 0, 800, default);
        for (var i = 0; i < scores.Length; i++)
        {
            // Probabilities are rounded before their log odds are taken; the file takes the model's own.
            Assert.Equal(expected[i], scores[i], 2e-4);
        }

        Assert.Contains(scores.Zip(fitted.Predict(batch)), p => Math.Abs(p.First - p.Second) > 0.001);
    }

    private static ArrowTrainingSet Classes(int count, int seed)
    {
        var random = new Random(seed);
        var x = Enumerable.Range(0, count).Select(_ => (float?)((random.NextDouble() * 6) - 3)).ToArray();
        string[] labels = [.. x.Select(v => random.NextDouble() < 0.2 ? "b" : v < -1 ? "a" : v < 1 ? "b" : "c")];
        return new Rows().Float32("x", x).Label("label", labels).Time("at", [.. Enumerable.Range(0, count).Select(i => (long)i)]).Set("label", "at");
    }

    private static void AssertNear(Calibrator calibrator, float[] said, int width)
    {
        var own = new float[said.Length];
        calibrator.Apply(said, own);
        foreach (var (file, expected) in Run(calibrator, said, width).Zip(own))
        {
            Assert.Equal(expected, file, 1e-6f);
        }
    }

    private static float[] Run(Calibrator calibrator, float[] said, int width)
    {
        var graph = new OnnxGraphBuilder("calibration");
        graph.AddInput("said", OnnxDataType.Float32, OnnxGraphBuilder.Batch, width);
        graph.AddNode("Identity", [calibrator.Write(graph, "said")], output: "score");
        graph.AddOutput("score", OnnxDataType.Float32, OnnxGraphBuilder.Batch, width);
        using var session = new InferenceSession(graph.Build());
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("said", new DenseTensor<float>(said, [said.Length / width, width]))]);
        return [.. results[0].AsTensor<float>()];
    }

    private static int Bits(float value) => float.IsNaN(value) ? int.MaxValue : BitConverter.SingleToInt32Bits(value);

    private sealed class Probability : IExportSource
    {
        public ModelTask Task => ModelTask.BinaryClassification;

        public int ScoreCount => 1;

        public FeatureEncoding? Encoding => null;

        public FeatureRowLayout Layout { get; } = new([new FeatureColumn("p", FeatureType.Float32, "view")]);

        public (int Opset, int MlOpset) MinimumOpset => (17, 3);

        public double Tolerance => 1e-5;

        public bool IsCode(int column) => false;

        public EncodedInputs WriteInputs(OnnxGraphBuilder graph) => new(graph.AddInput("p", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1), null);

        public string Write(OnnxGraphBuilder graph, EncodedInputs inputs) => inputs.Dense!;

        public float[] Score(EncodedRows rows) => throw new NotSupportedException();

        public float[] Score(FeatureTable table) => ((NumberColumn<float>)table.Columns[0]).Values.ToArray();
    }
}
