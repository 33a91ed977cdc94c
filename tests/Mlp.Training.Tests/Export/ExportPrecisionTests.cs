using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;
using Mlp.Training.Export;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Tests.Networks;
using Mlp.Training.Tests.Networks.Layers;

namespace Mlp.Training.Tests.Export;

public sealed class ExportPrecisionTests
{
    [Theory]
    [InlineData(ExportPrecision.Float16, "float16", 1.9)]
    [InlineData(ExportPrecision.Int8, "int8", 3.5)]
    public async Task Export_NarrowNumbers_CostIsMeasuredAndTheFileShrinks(ExportPrecision precision, string name, double least)
    {
        using var network = await TrainAsync(ModelTask.BinaryClassification, [256, 256]);

        var wide = network.Export();
        var narrow = network.Export(new ExportOptions { Precision = precision });

        var cost = narrow.ExportProof.Precision!;
        Assert.Null(wide.ExportProof.Precision);
        Assert.Equal(wide.ExportProof, narrow.ExportProof with { Precision = null });
        Assert.Equal((name, 0.05, (long)wide.Onnx.Length), (cost.Precision, cost.Limit, cost.Float32ByteCount));
        Assert.InRange(cost.MaximumDifference, 1e-9, 0.05);
        Assert.Equal(cost.MaximumDifference, new[] { cost.Real!, cost.Missing!, cost.Extreme! }.Max(p => p.MaximumDifference));
        Assert.InRange(WeightBytes(wide) / (double)WeightBytes(narrow), least, 4);
        Assert.Equal(["auc", "log_loss"], cost.Metrics.Select(m => m.Name));
        Assert.All(cost.Metrics, m => Assert.InRange(Math.Abs(m.After - m.Before), 0, 0.05));
        Assert.Equal(name, ModelLineage.Read(narrow.Onnx).Precision);
        Assert.Null(ModelLineage.Read(wide.Onnx).Precision);
    }

    [Theory]
    [InlineData(ExportPrecision.Float16)]
    [InlineData(ExportPrecision.Int8)]
    public async Task Export_NarrowNumbers_SignatureAndPreprocessingStayAndTheVersionIsPublished(ExportPrecision precision)
    {
        using var network = await TrainAsync(ModelTask.MulticlassClassification, [32]);
        using var directory = new TestRegistry();

        var model = network.Export(new ExportOptions { Precision = precision });
        var manifest = await directory.Registry.PublishAsync("m", model.ToPackage());

        var (wide, narrow) = (OnnxModelReader.Read("m", network.Export().Onnx.Span).Signature, OnnxModelReader.Read("m", model.Onnx.Span).Signature);
        Assert.Equal(wide.Inputs.Concat(wide.Outputs).Select(t => t.ToString()), narrow.Inputs.Concat(narrow.Outputs).Select(t => t.ToString()));
        string[] before = [.. Nodes(network.Export()).TakeWhile(n => n != "Gemm")];
        Assert.NotEmpty(before);
        Assert.Equal(before, Nodes(model).Take(before.Length));
        var golden = (await directory.Registry.ReadGoldenRowsAsync(manifest))!;
        Assert.Equal(3, golden.OutputWidth);
        Assert.Equal(Math.Max(OnnxExporter.Tolerance, model.ExportProof.Precision!.Real!.MaximumDifference), golden.Tolerance);
        Assert.Equal(model.ExportProof.Precision.MaximumDifference, manifest.ExportProof!.Precision!.MaximumDifference);
        Assert.Equal(["accuracy", "log_loss"], manifest.ExportProof.Precision.Metrics.Select(m => m.Name));
    }

    [Theory]
    [InlineData(ExportPrecision.Float16)]
    [InlineData(ExportPrecision.Int8)]
    public async Task Export_NarrowNumbers_ARowDoesNotDependOnItsNeighbours(ExportPrecision precision)
    {
        using var network = await TrainAsync(ModelTask.BinaryClassification, [64, 32]);
        var model = network.Export(new ExportOptions { Precision = precision });
        var table = network.Rows.Table;
        using var file = OnnxScorer.Open("m", model.Onnx, model.Features, model.Output);
        int[] rows = [.. Enumerable.Range(0, 128)];

        var alone = file.ScoreAll(table, rows, 1, CancellationToken.None);
        var together = file.ScoreAll(table, rows, 128, CancellationToken.None);

        for (var i = 0; i < rows.Length; i++)
        {
            Assert.InRange(Math.Abs(alone[i] - together[i]), 0, precision == ExportPrecision.Int8 ? 1e-5 : 1e-3);
        }
    }

    [Theory]
    [InlineData(ExportPrecision.Float16)]
    [InlineData(ExportPrecision.Int8)]
    public async Task Export_NarrowRegression_KeepsTheLabelsUnitInFloat32(ExportPrecision precision)
    {
        // Labels around 100: float16 would round them to 1/16.
        using var network = await TrainAsync(ModelTask.Regression, [32]);

        var model = network.Export(new ExportOptions { Precision = precision });

        Assert.Equal(["root_mean_squared_error", "mean_absolute_error"], model.ExportProof.Precision!.Metrics.Select(m => m.Name));
        var result = await Evaluator.EvaluateAsync(model, SyntheticRows.Create(400, seed: 9, isRegression: true));
        var before = await Evaluator.EvaluateAsync(network.Export(), SyntheticRows.Create(400, seed: 9, isRegression: true));
        Assert.InRange(result.Regression!.RootMeanSquaredError / before.Regression!.RootMeanSquaredError, 0.97, 1.03);
    }

    [Theory]
    [InlineData(ExportPrecision.Float16)]
    [InlineData(ExportPrecision.Int8)]
    public async Task Export_CostAboveTheLimit_IsRefused(ExportPrecision precision)
    {
        using var network = await TrainAsync(ModelTask.BinaryClassification, [32]);

        var error = Assert.Throws<ExportRefusedException>(() => network.Export(new ExportOptions { Precision = precision, PrecisionLimit = 1e-7 }));

        Assert.StartsWith(
            $"Expected {(precision == ExportPrecision.Int8 ? "int8" : "float16")} to change no score by more than 1E-07 (relative to scores above 1), but on real rows output 0 of row ",
            error.Message,
            StringComparison.Ordinal);
        Assert.Contains(" where float32 says ", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Proof.Precision);
        Assert.Equal(1e-7, error.Limit);
    }

    [Theory]
    [InlineData(ExportPrecision.Float16)]
    [InlineData(ExportPrecision.Int8)]
    public async Task Export_CostAtExtremesAboveTheLimit_IsRefusedUnlessTheirsIsHigher(ExportPrecision precision)
    {
        // Half of the inputs reach far beyond what the rows show, so that the rounding of sums shows there most.
        using var network = await TrainAsync(ModelTask.Regression, [32], o => o.Preprocessing.MaximumDeviation = 1000);
        var cost = network.Export(new ExportOptions { Precision = precision, PrecisionLimit = 1, ExtremeTolerance = double.PositiveInfinity }).ExportProof.Precision!;
        var ofOthers = Math.Max(cost.Real!.MaximumDifference, cost.Missing!.MaximumDifference);
        Assert.True(cost.Extreme!.MaximumDifference > 1.5 * ofOthers, $"{cost.Extreme.MaximumDifference} and {ofOthers}");
        var options = new ExportOptions { Precision = precision, PrecisionLimit = 1.2 * ofOthers, ExtremeTolerance = 1.3 * ofOthers };

        var error = Assert.Throws<ExportRefusedException>(() => network.Export(options));

        Assert.Contains("but on rows with extreme values output 0 of row ", error.Message, StringComparison.Ordinal);
        Assert.Equal(1.3 * ofOthers, error.Limit);
        options.ExtremeTolerance = double.PositiveInfinity;
        Assert.Equal(cost.Extreme.MaximumDifference, network.Export(options).ExportProof.Precision!.Extreme!.MaximumDifference);
    }

    [Theory]
    [InlineData(ExportPrecision.Float16)]
    [InlineData(ExportPrecision.Int8)]
    public async Task Export_NarrowOfEveryKindOfLayer_StaysWithinTheLimit(ExportPrecision precision)
    {
        var definition = new NetworkDefinition([
            Layer.Linear(24), Layer.LayerNorm(), Layer.Gelu(), Layer.Linear(24), Layer.Celu(), Layer.Reshape(4, 6), Layer.TransformerEncoder(1, Layer.TransformerEncoderLayer(2, 12)),
            Layer.Lstm(5), Layer.Reshape(1, 4, 5), Layer.Conv2d(3, 2), Layer.Silu(), Layer.Flatten(), Layer.Residual(Layer.Linear(36), Layer.Tanh()), Layer.Output(),
        ]);
        using var network = await TrainAsync(ModelTask.BinaryClassification, [], o => (o.Definition, o.HiddenLayers) = (definition, null));

        var cost = network.Export(new ExportOptions { Precision = precision }).ExportProof.Precision!;

        Assert.InRange(cost.MaximumDifference, 1e-9, 0.05);
    }

    [Theory]
    [MemberData(nameof(RandomLayers.All), MemberType = typeof(RandomLayers))]
    public void Apply_EveryLayerBetweenDenseOnes_RunsAndStaysClose(string kind)
    {
        Torch.EnsureLoaded();
        var ofAll = 0f;
        for (var seed = 1; seed <= 3; seed++)
        {
            var random = SeededRandom.For(seed, kind);
            var (layer, sizes) = RandomLayers.Create(kind, random);
            var width = sizes.Aggregate((a, b) => a * b);
            var definition = new NetworkDefinition(Layer.Linear(width), Layer.Reshape(sizes), layer, Layer.Flatten(), Layer.Linear(5), Layer.Sigmoid());
            using var network = LayeredNetwork.Build(definition, width, [], 5, seed);
            network.Evaluate();
            int[] opsets = [17, 18, 20, 21];
            var onnx = LayerAgreement.Export(network, width, 0, 5, opsets[seed]);
            var nodes = OnnxModelEditor.Open("m", onnx).Graph.Nodes.Count;
            var rows = LayerAgreement.Numbers(random, 6 * width);
            var expected = Run(onnx, rows, width);

            foreach (var narrow in (byte[][])[Float16Rewrite.Apply(onnx, new GraphRange(0, nodes - 1, "dense"))!, Int8Rewrite.Apply(onnx, new GraphRange(0, nodes - 1, "dense"))!])
            {
                var found = Run(narrow, rows, width);
                var largest = expected.Zip(found, (e, f) => Math.Abs(e - f)).Max();
                Assert.True(largest < 0.05f, FormattableString.Invariant($"{layer} over ({string.Join(", ", sizes)}), seed {seed}: {largest}"));
                ofAll += largest;
            }
        }

        Assert.True(ofAll > 0);
    }

    [Fact]
    public async Task Export_OptionOutOfRange_IsRefused()
    {
        using var network = await TrainAsync(ModelTask.BinaryClassification, [4]);

        Assert.StartsWith(
            "ExportOptions.Precision must be Float32 or Float16 or Int8, but is 7.",
            Assert.Throws<ArgumentException>(() => network.Export(new ExportOptions { Precision = (ExportPrecision)7 })).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "ExportOptions.Opset must be between 17 and 23, but is 12.",
            Assert.Throws<ArgumentException>(() => network.Export(new ExportOptions { Opset = 12 })).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(17, ExportPrecision.Float32)]
    [InlineData(18, ExportPrecision.Float16)]
    [InlineData(19, ExportPrecision.Int8)]
    [InlineData(20, ExportPrecision.Float32)]
    [InlineData(21, ExportPrecision.Int8)]
    [InlineData(22, ExportPrecision.Float32)]
    [InlineData(23, ExportPrecision.Float16)]
    public async Task Export_Opset_IsThatOfTheFile(int opset, ExportPrecision precision)
    {
        using var network = await TrainAsync(ModelTask.BinaryClassification, [8]);

        var model = network.Export(new ExportOptions { Opset = opset, Precision = precision });

        Assert.Equal(opset, OnnxModelReader.Read("m", model.Onnx.Span).OperatorSets[string.Empty]);
    }

    private static float[] Run(byte[] onnx, float[] rows, int width)
    {
        using var session = new InferenceSession(onnx);
        using var input = OrtValue.CreateTensorValueFromMemory(rows, [rows.Length / width, width]);
        using var options = new RunOptions();
        using var results = session.Run(options, ["dense"], [input], ["output"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static IEnumerable<string> Nodes(TrainedModel model) => OnnxModelEditor.Open("m", model.Onnx).Graph.Nodes.Select(n => n.OperatorType);

    // What files hold beside their metadata.
    private static long WeightBytes(TrainedModel model) => OnnxModelEditor.Open("m", model.Onnx).Graph.Initializers.Sum(i => (long)i.Raw.Length);

    private static Task<TrainedNetwork> TrainAsync(ModelTask task, int[] hidden, Action<NetworkOptions>? configure = null)
    {
        var options = NetworkTrainerTests.Small();
        (options.Task, options.HiddenLayers, options.MaxEpochs) = (task, hidden, 2);
        configure?.Invoke(options);
        return new NetworkTrainer(options).FitAsync(task == ModelTask.MulticlassClassification ? MulticlassRows.Create(600) : SyntheticRows.Create(600, seed: 1, task == ModelTask.Regression));
    }
}
