using Mlp.Features.Definitions;
using Mlp.Features.Skew;
using Mlp.Monitoring.Hosting;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Integration.Tests.Skew;

/// <summary>A platform whose one model, an ONNX file, takes a stored number and a stored vector by entity key and a number that is computed from the request, and whose served rows are sampled.</summary>
internal static class SkewPlatform
{
    public const string Model = "limits";

    /// <summary>What <see cref="OrderFeatures"/> is multiplied by: a setting that a method must not depend on.</summary>
    public static float Rate { get; set; } = 1;

    public static async Task<MlPlatform> StartAsync(string directory, Action<SkewCheckOptions> sampling, bool isBatched = false)
    {
        var ml = MlPlatform.CreateBuilder()
            .UseDataDirectory(directory)
            .AddFeatures(features => features
                .Add<Account>()
                .AddOnDemand<Order, OrderFeatures>(order => new OrderFeatures(order.Amount / order.Items * Rate))
                .AddService("limits", version: 1, service => service.From<Account>().From<OrderFeatures>())
                .CheckSkew(sampling))
            .AddModel(Model, model => _ = isBatched ? model.FromAlias("champion").WithFeatures("limits").WithDynamicBatching() : model.FromAlias("champion").WithFeatures("limits"))
            .AddMonitoring(monitoring => monitoring.LogPredictions(Model))
            .Build();
        await ml.StartAsync();
        var manifest = await ml.Registry.PublishAsync(Model, CreatePackage());
        await ml.Registry.SetAliasAsync(Model, "champion", manifest.Version, expectedRevision: 0);
        await ml.GetModel(Model).WaitUntilReadyAsync();
        return ml;
    }

    /// <summary>score = balance + 10 e0 + 100 e1 + 1000 share.</summary>
    private static ModelPackage CreatePackage()
    {
        var graph = new OnnxGraphBuilder("limits");
        var block = graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 4);
        graph.AddOutput(graph.AddNode("MatMul", [block, graph.AddConstant("w", [1f, 10, 100, 1000], 4, 1)], output: "score"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return new ModelPackage
        {
            Onnx = graph.Build(),
            Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
            Features =
            [
                new FeatureColumn("balance", FeatureType.Float32, "account"), new FeatureColumn("embedding", FeatureType.Float32, "account") { Length = 2 },
                new FeatureColumn("share", FeatureType.Float32, "order_features"),
            ],
        };
    }
}

[FeatureView("account")]
internal sealed record Account([EntityKey] string Id, [EventTimestamp] DateTimeOffset At, [CreatedTimestamp] DateTimeOffset KnownAt, [Feature] float Balance, [Feature(Length = 2)] float[] Embedding);

internal readonly record struct AccountKey(string Id);

internal readonly record struct Order(float Amount, int Items);

internal readonly record struct OrderFeatures(float Share);
