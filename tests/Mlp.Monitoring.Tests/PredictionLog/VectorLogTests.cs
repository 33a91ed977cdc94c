using Apache.Arrow;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

/// <summary>A vector is one column of the log with one status, and drift passes it over.</summary>
public sealed class VectorLogTests
{
    private static readonly FeatureColumn[] Features =
        [new("embedding", FeatureType.Float32, "page") { Length = 3 }, new("rank", FeatureType.Float32, "page")];

    [Fact]
    public async Task ReadPredictionsAsync_Vectors_AreListsBitForBitAndAreNotCompared()
    {
        using var folder = new TempDirectory();
        await using var platform = MlPlatform.CreateBuilder()
            .UseDataDirectory(folder.FullName).AddModel("m", model => model.FromAlias("champion"))
            .AddMonitoring(monitoring => monitoring.LogPredictions("m")).Build();
        await platform.StartAsync();
        var manifest = await platform.Registry.PublishAsync("m", Package());
        await platform.Registry.SetAliasAsync("m", "champion", manifest.Version, expectedRevision: 0);
        var model = platform.GetModel("m");
        await model.WaitUntilReadyAsync();
        var rows = new FeatureRows(model.Description!.Layout, 300);
        rows.Reset(300);
        for (var i = 0; i < 300; i++)
        {
            new float[] { i, BitConverter.UInt32BitsToSingle(0x7FC0_0777), -0f, i / 7f }.CopyTo(rows.Float32Of(i));
            rows.StatusOf(i).Fill(FeatureStatus.Present);
            rows.StatusOf(i)[0] = i % 3 == 0 ? FeatureStatus.Expired : FeatureStatus.Present;
        }

        model.Predict(rows, new Prediction[300]);
        await platform.Monitoring.FlushAsync();

        var seen = new HashSet<int>();
        await foreach (var batch in platform.Monitoring.ReadPredictionsAsync("m"))
        {
            Assert.Equal("2", batch.Schema.Metadata[PredictionColumns.FormatVersionKey]);
            var vectors = VectorColumn.TryCreate(Assert.IsType<FixedSizeListArray>(batch.Column(PredictionColumns.FeatureOf("embedding"))))!;
            var statuses = (UInt8Array)batch.Column(PredictionColumns.StatusOf("embedding"));
            var ranks = (FloatArray)batch.Column(PredictionColumns.FeatureOf("rank"));
            for (var i = 0; i < batch.Length; i++)
            {
                // Rows lie in the log by the processor that they were recorded on; this one says which it is.
                var row = (int)MathF.Round(ranks.GetValue(i)!.Value * 7);
                Assert.True(seen.Add(row));
                Assert.Equal(row % 3 == 0, vectors.IsNull(i));
                Assert.Equal((byte)rows.StatusOf(row)[0], statuses.GetValue(i));
                if (row % 3 != 0)
                {
                    Assert.Equal(rows.Float32Of(row)[..3].ToArray().Select(BitConverter.SingleToInt32Bits), vectors.ValuesOf(i).ToArray().Select(BitConverter.SingleToInt32Bits));
                }
            }
        }

        Assert.Equal(300, seen.Count);
        var drift = await platform.Monitoring.DetectDriftAsync("m");
        Assert.Equal(["embedding"], drift.NotCompared);
        Assert.NotNull(drift.Find("rank"));
        using var segment = FrameLogReader.Open(Directory.EnumerateFiles(folder.FullName, "*.mlplog", SearchOption.AllDirectories).First());
        Assert.Equal((2, 3), (SegmentHeader.Read(segment).FormatVersion, SegmentHeader.Read(segment).Features[0].Length));
    }

    /// <summary>y = e0 + rank.</summary>
    private static ModelPackage Package()
    {
        var graph = new OnnxGraphBuilder("vectors");
        var block = graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 4);
        graph.AddOutput(graph.AddNode("MatMul", [block, graph.AddConstant("w", [1f, 0, 0, 1], 4, 1)], output: "y"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return new ModelPackage
        {
            Onnx = graph.Build(),
            Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "y" },
            Features = Features,
            ReferenceProfile = new ReferenceProfileBuilder().AddNumeric("rank", [.. Enumerable.Range(0, 300).Select(i => i / 7f)]).Build().ToJson(),
        };
    }
}
