using Apache.Arrow;
using Microsoft.Extensions.DependencyInjection;
using Mlp.Features;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.PredictionLog;
using Mlp.PlatformChild;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Routing;

/// <summary>Champion, challenger and shadow on the platform as users run it: online store, two feature services with on-demand features, prediction log and labels.</summary>
public sealed class ShadowServiceTests
{
    private const string Model = "accounts";
    private const int Accounts = 20;

    private readonly record struct Question(float Amount);

    private readonly record struct Asked(float Twice);

    [Fact]
    public async Task PredictAsync_ShadowOnAnotherService_IsLoggedWithItsOwnRowAndJoinedToTheLabels()
    {
        using var temp = new TempDirectory();
        await using var ml = await StartAsync(temp.FullName);
        var model = ml.GetModel(Model);
        await ml.Registry.SetRouteAsync(Model, ModelRoute.ChampionOnly.WithShadow("candidate"), 0);
        await UntilAsync(() => model.Route.Shadows is [{ Version: 2 }]);

        var served = await AskAsync(model);
        await UntilAsync(() => model.Route.Shadows[0].Compared == Accounts);
        await ml.Monitoring.FlushAsync();
        await LabelAsync(ml, served);

        // The champion says half of the number; the shadow reads the same from a service of another order, and adds twice what was asked, 21 on average.
        Assert.All(served.Select((p, i) => (p, Number: i + 1)), x => Assert.Equal((AccountActivity.HalfOf(x.Number), 1, "champion"), ((float)x.p.Score, x.p.ModelVersion, x.p.Variant)));
        var results = await ml.Monitoring.EvaluateAsync(Model);
        Assert.Equal([(1, 20L, 20L), (2, 20, 20)], results.Select(r => (r.Version, r.ScoredCount, r.LabelledCount)));
        Assert.Equal(0, results[0].Regression!.MeanAbsoluteError);
        Assert.Equal(21, results[1].Regression!.MeanAbsoluteError, 1e-6);
        Assert.Equal(21, model.Route.Shadows[0].MeanAbsoluteDifference, 1e-6);

        var requests = new List<PredictionId>();
        await foreach (var batch in ml.Monitoring.ReadPredictionsAsync(Model, version: 2))
        {
            var ids = (Apache.Arrow.Arrays.FixedSizeBinaryArray)batch.Column(PredictionColumns.RequestId);
            var variants = (StringArray)batch.Column(PredictionColumns.Variant);
            Assert.Equal("reversed", batch.Schema.Metadata[PredictionColumns.ServiceKey]);
            for (var i = 0; i < batch.Length; i++)
            {
                Assert.Equal("shadow:candidate", variants.GetString(i));
                requests.Add(PredictionId.Read(ids.GetBytes(i)));
            }
        }

        // Rows lie in the log by the processor that they were recorded on.
        Assert.Equal(served.Select(p => p.Id).Order(), requests.Order());
    }

    [Fact]
    public async Task PredictAsync_ChallengerOnAnotherService_AnswersItsShareFromItsOwnRow()
    {
        using var temp = new TempDirectory();
        await using var ml = await StartAsync(temp.FullName);
        var model = ml.GetModel(Model);
        await ml.Registry.SetRouteAsync(Model, ModelRoute.ChampionOnly.WithChallenger("candidate", 0.5), 0);
        await UntilAsync(() => model.Route.Variants is [_, { Version: 2 }]);

        var served = await AskAsync(model);

        Assert.All(served.Select((p, i) => (p, Number: i + 1)), x => Assert.Equal(
            AccountActivity.HalfOf(x.Number) + (x.p.Variant == "candidate" ? 2 * x.Number : 0), (float)x.p.Score));
        Assert.Equal(["candidate", "champion"], served.Select(p => p.Variant).Distinct().Order());
        await ml.Monitoring.FlushAsync();
        Assert.Equal(
            served.GroupBy(p => p.ModelVersion).OrderBy(g => g.Key).Select(g => ((int)g.Key, (long)g.Count())),
            (await ml.Monitoring.EvaluateAsync(Model)).Select(r => (r.Version, r.PredictionCount)));
    }

    private static async Task<MlPlatform> StartAsync(string directory)
    {
        var builder = MlPlatform.CreateBuilder()
            .UseDataDirectory(directory)
            .AddFeatures(features => features
                .Add<AccountActivity>()
                .AddOnDemand<Question, Asked>(static q => new Asked(2 * q.Amount))
                .AddService("plain", version: 1, service => service.From<AccountActivity>("half").From<Asked>("twice"))
                .AddService("reversed", version: 1, service => service.From<Asked>("twice").From<AccountActivity>("half")))
            .AddModel(Model, model => model.FromAlias("champion").AliasPollInterval = TimeSpan.FromMilliseconds(20))
            .AddMonitoring(monitoring => monitoring.LogPredictions(Model));
        builder.Services.Configure<FeatureStoreOptions>(options => options.DuckDbThreads = 1);
        var ml = builder.Build();
        await ml.StartAsync();
        for (var i = 1; i <= Accounts; i++)
        {
            await ml.Features.PushAsync(AccountActivity.Create(Account(i), i));
        }

        await PublishAsync(ml, "plain", [1, 0], "champion");
        await PublishAsync(ml, "reversed", [1, 1], "candidate");
        await ml.GetModel(Model).WaitUntilReadyAsync();
        return ml;
    }

    private static async Task PublishAsync(MlPlatform ml, string service, float[] weights, string alias)
    {
        var description = ml.Services.GetRequiredService<IFeatureSource>().FindService(service)!.Description;
        var graph = new OnnxGraphBuilder("sum");
        var input = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 2);
        graph.AddOutput(
            graph.AddNode("MatMul", [input, graph.AddConstant("w", weights, 2, 1)], output: "score"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        var manifest = await ml.Registry.PublishAsync(Model, new ModelPackage
        {
            Onnx = graph.Build(),
            Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
            FeatureService = description.Reference,
            Features = description.Layout.Columns,
        });
        await ml.Registry.SetAliasAsync(Model, alias, manifest.Version, expectedRevision: 0);
    }

    private static async Task<List<Prediction>> AskAsync(IModel model)
    {
        var served = new List<Prediction>();
        for (var i = 1; i <= Accounts; i++)
        {
            served.Add(await model.PredictAsync(new AccountKeys(Account(i)), new Question(i)));
        }

        return served;
    }

    private static async Task LabelAsync(MlPlatform ml, List<Prediction> served)
    {
        for (var i = 1; i <= Accounts; i++)
        {
            await ml.Monitoring.RecordLabelAsync(served[i - 1].Id, AccountActivity.HalfOf(i), DateTimeOffset.UnixEpoch);
        }
    }

    private static async Task UntilAsync(Func<bool> isDone)
    {
        for (var i = 0; !isDone(); i++)
        {
            Assert.True(i < 100_000, "What the test waits for has not come.");
            await Task.Delay(1);
        }
    }

    private static string Account(int number) => FormattableString.Invariant($"account {number}");
}
