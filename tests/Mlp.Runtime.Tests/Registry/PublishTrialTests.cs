using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;
using static Mlp.TestSupport.OnnxBytes;

namespace Mlp.Runtime.Tests.Registry;

/// <summary>No version is published that could never be loaded: what loading would refuse, publishing refuses by the same sentence.</summary>
public sealed class PublishTrialTests
{
    private const string ByName = "A model of other inputs is published with task Tensors, and called by its inputs and outputs.";

    [Fact]
    public Task PublishAsync_MulticlassOutputTooNarrow_IsRefused() => AssertRefusedAsync(
        Package(TestGraphs.Lying(1, 10), new ModelOutput { Task = ModelTask.MulticlassClassification, ScoreOutput = "y", ClassNames = ["a", "b"] }),
        "Expected output 'y', the score, to be 2 values per row, but found [1] (model 'tips').");

    [Fact]
    public Task PublishAsync_WidthUndeclaredAndNoFeatures_SaysToDescribeThem() => AssertRefusedAsync(
        Package(ConvertedGraphs.Linear(TensorElementKind.Float32, TensorElementKind.Float32, 3, "N", null), Regression()),
        "Expected input 'x' to say how many features a row has, since none are described, but found 'x' of type Float32 [N, ?] (model 'tips'). "
        + $"Describe them in ModelPackage.Features when the model is published. {ByName}");

    [Fact]
    public Task PublishAsync_InputThatNoFeatureFills_SaysHowToPublishIt() => AssertRefusedAsync(
        Package(Model(Graph(Node("Identity", ["x"], ["z"]), Node("ReduceL1", ["z"], ["y"]), Input("x", ConvertedGraphs.TypeOf(TensorElementKind.Complex64), "N", 2), Output("y", Float, "N", 1))), Regression()),
        $"Expected input 'x' to hold numbers, truth values or texts, but found 'x' of type Complex64 [N, 2] (model 'tips'). {ByName}");

    [Fact]
    public Task PublishAsync_InputsOfDifferentFixedBatches_IsRefused() => AssertRefusedAsync(
        Package(
            Model(Graph(
                Node("ReduceSum", ["u"], ["us"]), Node("ReduceSum", ["v"], ["vs"]), Node("Add", ["us", "vs"], ["y"]), Input("u", Float, 2, 3), Input("v", Float, 4, 3), Output("y", Float, 1, 1))),
            Regression()),
        $"Expected inputs of the same number of rows, but found 2 and 4 (model 'tips'). {ByName}");

    [Fact]
    public Task PublishAsync_ScoreOfTexts_IsRefused() => AssertRefusedAsync(
        Package(Model(Graph(Node("Identity", ["x"], ["y"]), Input("x", OnnxBytes.String, "N", 1), Output("y", OnnxBytes.String, "N", 1))), Regression()),
        "Expected output 'y' to hold numbers for the score, but found String (model 'tips').");

    [Fact]
    public Task PublishAsync_NoRowPerRow_IsRefused() => AssertRefusedAsync(
        Package(Model(Graph(Node("ReduceSum", ["x"], ["y"]), Input("x", Float, "N", 3), Output("y", Float, 1, 1))), Regression()),
        "Expected output 'y', the score, to be one row of output per row of input, but found [1, 1] for 2 rows (model 'tips').");

    [Fact]
    public Task PublishAsync_ShapeUndeclaredAndFewerFeaturesThanItHas_IsRefused() => AssertRefusedAsync(
        Package(ConvertedGraphs.Undeclared(3), Regression(), features: [new FeatureColumn("a", FeatureType.Float32, "v"), new FeatureColumn("b", FeatureType.Float32, "v")]),
        "Expected input 'x', whose shape the file does not declare, to take rows of features, but ONNX Runtime says:");

    private static async Task AssertRefusedAsync(ModelPackage package, string sentence)
    {
        await using var platform = new TestPlatform();

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => platform.PublishAsync(package));

        Assert.StartsWith(sentence, error.Message, StringComparison.Ordinal);
        Assert.Empty(platform.Registry.ListVersions(ModelName));
    }
}
