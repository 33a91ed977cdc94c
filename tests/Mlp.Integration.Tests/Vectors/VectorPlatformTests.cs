using Apache.Arrow;
using Mlp.Features;
using Mlp.Features.Definitions;
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

namespace Mlp.Integration.Tests.Vectors;

/// <summary>An embedding from the push to the log: stored, joined, served by keys and by tables, logged and scored again, with the same bits everywhere.</summary>
public sealed class VectorPlatformTests
{
    private const string Model = "search";
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Vector_PushedJoinedServedAndLogged_GivesTheSameScores()
    {
        using var temp = new TempDirectory();
        await using var ml = await StartAsync(temp.FullName);
        var model = ml.GetModel(Model);
        var served = new double[20];
        for (var i = 0; i < 20; i++)
        {
            served[i] = (await model.PredictAsync(new PageKeys(i), new PredictionOptions { AsOf = Start.AddHours(1) })).Score;
            Assert.Equal(i % 5 == 0 ? double.NaN : i + (10 * i) + 100 + (1000 * 0.5), served[i]);
        }

        using var set = await ml.Features.CreateTrainingSetAsync("search", Enumerable.Range(0, 20).Select(i => new Question(i, Start.AddHours(1))), "at");
        await foreach (var batch in set.ReadAsync())
        {
            using var scored = await model.ScoreAsync(batch);
            Assert.Equal(served, ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray());
        }

        await ml.Monitoring.FlushAsync();
        var seen = new HashSet<float>();
        await foreach (var batch in ml.Monitoring.ReadPredictionsAsync(Model))
        {
            using var scored = await model.ScoreAsync(batch, new ScoringOptions { Columns = [PredictionColumns.PredictionId] });
            Assert.Equal(((DoubleArray)batch.Column(PredictionColumns.Score)).Values.ToArray(), ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray());
            var logged = VectorColumn.TryCreate(batch.Column(PredictionColumns.FeatureOf("embedding")))!;
            var ranks = (FloatArray)batch.Column(PredictionColumns.FeatureOf("rank"));
            for (var i = 0; i < batch.Length; i++)
            {
                // Rows lie in the log by the processor that they were recorded on; the rank says which it is.
                var page = ranks.GetValue(i)!.Value;
                Assert.True(seen.Add(page));
                Assert.Equal(page % 5 == 0, logged.IsNull(i));
                Assert.Equal(page % 5 == 0 ? [] : [page, 1f, 0.5f], logged.IsNull(i) ? [] : logged.ValuesOf(i).ToArray());
            }
        }

        Assert.Equal(20, seen.Count);
    }

    [Fact]
    public async Task PredictAsync_VectorFromTheOnlineStoreWithLog_AllocatesNothing()
    {
        using var temp = new TempDirectory();
        await using var ml = await StartAsync(temp.FullName);
        var model = ml.GetModel(Model);

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                var answer = model.PredictAsync(new PageKeys(7));
                if (!answer.IsCompletedSuccessfully || answer.Result.Score != 7 + 70 + 100 + 500)
                {
                    Assert.Fail("Expected the answer at once, from what is in memory.");
                }
            }
        }));
    }

    private static async Task<MlPlatform> StartAsync(string directory)
    {
        var ml = MlPlatform.CreateBuilder()
            .UseDataDirectory(directory)
            .AddFeatures(features => features.Add<Page>().AddService("search", version: 1, service => service.From<Page>("rank", "embedding")))
            .AddModel(Model, model => model.FromAlias("champion").WithFeatures("search"))
            .AddMonitoring(monitoring => monitoring.LogPredictions(Model))
            .Build();
        await ml.StartAsync();
        await ml.Features.PushAsync(Enumerable.Range(0, 20).Select(i => new Page(i, Start, i % 5 == 0 ? null : [i, 1, 0.5f], i)).ToList());
        await ml.Features.FlushAsync();
        var manifest = await ml.Registry.PublishAsync(Model, CreatePackage());
        await ml.Registry.SetAliasAsync(Model, "champion", manifest.Version, expectedRevision: 0);
        await ml.GetModel(Model).WaitUntilReadyAsync();
        return ml;
    }

    /// <summary>score = rank + 10 e0 + 100 e1 + 1000 e2.</summary>
    private static ModelPackage CreatePackage()
    {
        var graph = new OnnxGraphBuilder("search");
        var block = graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 4);
        graph.AddOutput(graph.AddNode("MatMul", [block, graph.AddConstant("w", [1f, 10, 100, 1000], 4, 1)], output: "score"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return new ModelPackage
        {
            Onnx = graph.Build(),
            Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
            Features = [new FeatureColumn("rank", FeatureType.Float32, "page"), new FeatureColumn("embedding", FeatureType.Float32, "page") { Length = 3 }],
        };
    }

    [FeatureView("page", CreatedTimeEqualsEventTime = true)]
    private sealed record Page([EntityKey] long Id, [EventTimestamp] DateTimeOffset At, [Feature(Length = 3)] float[]? Embedding, [Feature] float Rank);

    private readonly record struct PageKeys(long Id);

    private sealed record Question(long Id, DateTimeOffset At);
}
