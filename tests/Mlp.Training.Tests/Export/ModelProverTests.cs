using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.TestSupport;
using Mlp.Training.Export;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Export;

public sealed class ModelProverTests
{
    [Fact]
    public async Task ProveAsync_FileOnDisk_AgreesWithTheNetworkOnOtherRows()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        using var directory = new TempDirectory();
        var path = directory.Combine("m.onnx");
        await network.Export().SaveAsync(path, new ModelFileOptions { ExternalDataThreshold = 4096 });

        var package = ModelPackage.FromFile(path, network.Export().Output);
        var proof = await ModelProver.ProveAsync(package, network, SyntheticRows.Create(250, seed: 8));

        Assert.Equal((250, 18, 56), (proof.RowCount, proof.Missing!.RowCount, proof.Extreme!.RowCount));
        Assert.InRange(proof.MaximumDifference, 0, 1e-5);
    }

    [Fact]
    public async Task ProveAsync_FileOfAnotherModel_IsRefused()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        using var other = await OnnxExporterTests.TrainAsync(o => o.Seed = 77);

        var error = await Assert.ThrowsAsync<ExportRefusedException>(() => ModelProver.ProveAsync(other.Export().ToPackage(), network, SyntheticRows.Create(50, seed: 8)));

        Assert.StartsWith("Expected the exported model to agree with the trained one within 1E-05", error.Message, StringComparison.Ordinal);
    }

    // Faults that an exporter could make; a wrong limit does not show on real rows at all.
    [Theory]
    [InlineData("Clip", 1, 1e3, "rows with extreme values")]
    [InlineData("Clip", 2, 1e3, "rows with extreme values")]
    [InlineData("Equal", 1, 2, "real rows")]
    [InlineData("IsNaN", -1, 0, "real rows")]
    public async Task ProveAsync_PreprocessingIsFalsified_IsRefused(string operation, int input, double value, string part)
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var package = network.Export().ToPackage();

        var error = await Assert.ThrowsAsync<ExportRefusedException>(
            () => ModelProver.ProveAsync(package with { Onnx = Falsify(package.Onnx, operation, input, value) }, network, SyntheticRows.Create(80, seed: 8)));

        Assert.Contains($"but on {part} output 0 of row ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProveAsync_OtherNumberOfScores_IsRefused()
    {
        using var trees = await new TreeTrainer(new TreeOptions { Objective = TreeObjective.Multiclass, MaximumIterations = 2 }).FitAsync(MulticlassRows.Create(200));
        using var binary = await new TreeTrainer(new TreeOptions { Objective = TreeObjective.Regression, MaximumIterations = 2 }).FitAsync(
            new Rows().Float32("x", [.. Enumerable.Range(0, 200).Select(i => (float?)i)]).Float64("y", [.. Enumerable.Range(0, 200).Select(i => (double?)i)])
                .Label("label", [.. Enumerable.Range(0, 200).Select(i => (float)i)]).Set("label"));

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => ModelProver.ProveAsync(binary.Export().ToPackage(), trees, MulticlassRows.Create(50)));

        Assert.StartsWith("Expected 3 scores of each row from the exported model, as the trained one gives, but found 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProveAsync_NoRowsOrToleranceOutOfRange_IsRefused()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var package = network.Export().ToPackage();

        var empty = await Assert.ThrowsAsync<TrainingDataException>(() => ModelProver.ProveAsync(package, network, new Rows().Float32("x").Set()));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ModelProver.ProveAsync(package, network, SyntheticRows.Create(5, seed: 1), tolerance: double.NaN));

        Assert.NotEmpty(empty.Message);
    }

    // Replaces a constant that the first node of a kind reads; for IsNaN it is told that nothing is missing.
    private static byte[] Falsify(ReadOnlyMemory<byte> onnx, string operation, int input, double value)
    {
        var editor = OnnxModelEditor.Open("m", onnx);
        var node = editor.Graph.Nodes.First(n => n.OperatorType == operation);
        if (input < 0)
        {
            editor.Graph.AddNode(OnnxMessages.Node("IsInf", [node.Inputs[0]], [node.Outputs[0]]), node);
            editor.Graph.RemoveNode(node);
            return editor.ToArray();
        }

        var constant = editor.Graph.Initializers.Single(i => i.Name == node.Inputs[input]);
        var raw = constant.DataType switch
        {
            OnnxDataType.Float64 => BitConverter.GetBytes(input == 1 ? -value : value),
            OnnxDataType.Float32 => BitConverter.GetBytes((float)(input == 1 ? -value : value)),
            _ => BitConverter.GetBytes((int)value),
        };
        var dimensions = constant.Dimensions.ToArray();
        editor.Graph.RemoveInitializer(constant.Name);
        editor.Graph.AddInitializer(OnnxMessages.Tensor(node.Inputs[input], constant.DataType, raw, dimensions));
        return editor.ToArray();
    }
}
