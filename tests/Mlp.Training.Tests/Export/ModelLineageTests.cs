using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Export;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Export;

public sealed class ModelLineageTests
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    [Fact]
    public async Task Export_Lineage_IsReadBackFromTheFile()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var options = new ExportOptions
        {
            Lineage =
            {
                RunId = "run-7", CodeVersion = "1.2.0+" + Commit,
                Parameters = new Dictionary<string, string> { ["team"] = "tips", ["LearningRate"] = "told" }, Metrics = new Dictionary<string, double> { ["auc"] = 0.875, ["lift"] = double.NaN },
            },
        };

        var model = network.Export(options);
        var lineage = ModelLineage.Read(model.Onnx);

        Assert.Equal((network.Manifest.ContentHash, 300L, SyntheticRows.Label), (lineage.TrainingSetHash, lineage.RowCount, lineage.Label));
        Assert.Equal(("run-7", "1.2.0+" + Commit, Commit), (lineage.RunId, lineage.CodeVersion, lineage.CodeCommit));
        Assert.Equal(("tips", "told", "1"), (lineage.Parameters["team"], lineage.Parameters["LearningRate"], lineage.Parameters["MaxEpochs"]));
        Assert.Equal((0.875, double.NaN), (lineage.Metrics["auc"], lineage.Metrics["lift"]));
        Assert.Contains("Mlp.Training", lineage.Libraries.Keys);
        Assert.Contains("TorchSharp", lineage.Libraries.Keys);
        Assert.Equal("run-7", model.ToPackage().RunId);
        using var session = new InferenceSession(model.Onnx.ToArray());
        Assert.Equal("run-7", session.ModelMetadata.CustomMetadataMap["mlp.run.id"]);
    }

    [Fact]
    public async Task Export_NothingSaid_NamesTheApplicationAndNoRun()
    {
        using var network = await OnnxExporterTests.TrainAsync();

        var lineage = ModelLineage.Read(network.Export().Onnx);

        Assert.NotNull(lineage.CodeVersion);
        Assert.Null(lineage.RunId);
        Assert.Empty(lineage.Metrics);
        Assert.Null(lineage.FeatureService);
    }

    [Fact]
    public async Task Export_Trees_NamesLightGbmsParameters()
    {
        using var trees = await new TreeTrainer(new TreeOptions { MaximumIterations = 3, MaximumLeaves = 7 }).FitAsync(SyntheticRows.Create(300, seed: 1));

        var lineage = ModelLineage.Read(trees.Export().Onnx);

        Assert.Equal("7", lineage.Parameters["num_leaves"]);
    }

    [Fact]
    public async Task ToPackage_Metrics_StandInTheFileThatStillAnswersAlike()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        var model = network.Export(new ExportOptions { Lineage = { Metrics = new Dictionary<string, double> { ["auc"] = 0.5, ["early"] = 1 } } });
        using var directory = new TestRegistry();

        var package = model.ToPackage(new Dictionary<string, double> { ["auc"] = 0.9 });
        var manifest = await directory.Registry.PublishAsync("m", package);

        var lineage = ModelLineage.Read(package.Onnx);
        Assert.Equal((0.9, 1.0), (lineage.Metrics["auc"], lineage.Metrics["early"]));
        Assert.Equal(network.Manifest.ContentHash, lineage.TrainingSetHash);
        Assert.Equal(0.9, manifest.Metrics["auc"]);
        Assert.Equal(model.Onnx.ToArray(), model.ToPackage().Onnx.ToArray());
    }

    [Fact]
    public void Read_FileOfAnotherTool_SaysNothing()
    {
        var lineage = ModelLineage.Read(OnnxBytes.Linear());

        Assert.Equal(new ModelLineage(), lineage);
    }

    [Fact]
    public void Read_DamagedMetadata_IsRefused()
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddOutput(graph.AddNode("Identity", [graph.AddInput("x", OnnxDataType.Float32, -1, 1)], output: "y"), OnnxDataType.Float32, -1, 1);
        graph.AddMetadata("mlp.metrics", "{ no json");

        var error = Assert.Throws<InvalidModelException>(() => ModelLineage.Read(graph.Build()));

        Assert.StartsWith("Expected the metadata 'mlp.metrics' of the ONNX file to be a JSON object, but it cannot be read: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadFile_SavedModel_SaysTheSame()
    {
        using var network = await OnnxExporterTests.TrainAsync();
        using var directory = new TempDirectory();
        var model = network.Export();
        await model.SaveAsync(directory.Combine("m.onnx"));

        Assert.Equal(ModelLineage.Read(model.Onnx).Parameters, ModelLineage.ReadFile(directory.Combine("m.onnx")).Parameters);
    }
}
