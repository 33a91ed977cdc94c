using Apache.Arrow;
using Apache.Arrow.Arrays;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

public sealed class ScoreLoggedTests : IDisposable
{
    // Named like columns of the log, of other features' statuses and of views, none of which may be mistaken for them.
    private static readonly FeatureColumn[] Features =
    [
        new("score", FeatureType.Float32, "trip"),
        new("fare", FeatureType.Float32, "trip"),
        new("fare__status", FeatureType.Int64, "company"),
        new("trip", FeatureType.Boolean, "company"),
    ];

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ScoreAsync_LoggedRows_GiveTheLoggedScoresBitForBit()
    {
        const int Rows = 500;
        await using var platform = await ServeAsync();
        var model = platform.GetModel("tips");
        var rows = new FeatureRows(model.Description!.Layout, Rows);
        rows.Reset(Rows);
        for (var i = 0; i < Rows; i++)
        {
            TestModels.Fill(rows, i, i);
        }

        model.Predict(rows, new Prediction[Rows]);
        await platform.Monitoring.FlushAsync();
        var (seen, statuses) = (0, new HashSet<byte>());
        await foreach (var batch in platform.Monitoring.ReadPredictionsAsync("tips"))
        {
            using var scored = await model.ScoreAsync(batch, new ScoringOptions { Columns = [PredictionColumns.PredictionId] });
            var (logged, again) = ((DoubleArray)batch.Column(PredictionColumns.Score), (DoubleArray)scored.Column(BatchColumns.Score));
            statuses.UnionWith(((UInt8Array)batch.Column(PredictionColumns.StatusOf("score"))).Values.ToArray());
            for (var i = 0; i < batch.Length; i++, seen++)
            {
                Assert.Equal(BitConverter.DoubleToInt64Bits(logged.GetValue(i)!.Value), BitConverter.DoubleToInt64Bits(again.GetValue(i)!.Value));
                Assert.True(((FixedSizeBinaryArray)batch.Column("prediction_id")).GetBytes(i).SequenceEqual(((FixedSizeBinaryArray)scored.Column("prediction_id")).GetBytes(i)));
            }

            Assert.False(scored.Schema.Metadata.ContainsKey(PredictionColumns.FormatKey), "A result is no log.");
        }

        Assert.Equal(Rows, seen);
        Assert.Equal(4, statuses.Count);
    }

    [Fact]
    public async Task ScoreAsync_LoggedRowsWithAllColumns_SaysWhichToKeep()
    {
        await using var platform = await ServeAsync();
        var model = platform.GetModel("tips");
        model.Predict(new FeatureRows(model.Description!.Layout, 1), new Prediction[1]);
        await platform.Monitoring.FlushAsync();
        await foreach (var batch in platform.Monitoring.ReadPredictionsAsync("tips"))
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(() => model.ScoreAsync(batch));
            Assert.Contains("ScoringOptions.Columns", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary><c>y = Σ (number or 0) + 100 Σ 4^i status_i</c>: the statuses of a row can be read off its score.</summary>
    private static byte[] Graph()
    {
        var graph = new OnnxGraphBuilder("statuses");
        var floats = graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 2);
        var integers = graph.AddInput("int64", OnnxDataType.Int64, OnnxGraphBuilder.Batch, 1);
        var truths = graph.AddInput("boolean", OnnxDataType.Boolean, OnnxGraphBuilder.Batch, 1);
        var status = graph.AddInput("status", OnnxDataType.UInt8, OnnxGraphBuilder.Batch, 4);
        var axes = graph.AddConstant("axes", [1L], 1);
        var known = graph.AddNode("Where", [graph.AddNode("IsNaN", [floats]), graph.AddConstant("zero", [0f], 1), floats]);
        var weighted = graph.AddNode("Mul", [Cast(status), graph.AddConstant("places", [100f, 400, 1600, 6400], 4)]);
        var sum = graph.AddNode("Sum", [Sum(known), Cast(integers), Cast(truths), Sum(weighted)], output: "y");
        graph.AddOutput(sum, OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return graph.Build();

        string Cast(string value) => graph.AddNode("Cast", [value], [OnnxAttribute.Int("to", (long)OnnxDataType.Float32)]);
        string Sum(string value) => graph.AddNode("ReduceSum", [value, axes]);
    }

    private async Task<MlPlatform> ServeAsync()
    {
        var platform = MlPlatform.CreateBuilder()
            .UseDataDirectory(_folder.FullName)
            .AddModel("tips", model => model.FromAlias("champion"))
            .AddMonitoring(monitoring => monitoring.LogPredictions("tips"))
            .Build();
        await platform.StartAsync();
        var package = new ModelPackage { Onnx = Graph(), Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "y" }, Features = Features };
        var manifest = await platform.Registry.PublishAsync("tips", package);
        await platform.Registry.SetAliasAsync("tips", "champion", manifest.Version, expectedRevision: 0);
        await platform.GetModel("tips").WaitUntilReadyAsync();
        return platform;
    }
}
