using Microsoft.Extensions.DependencyInjection;
using Mlp.Features;
using Mlp.Monitoring.Hosting;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.PlatformChild;

/// <summary>The platform that the crash tests break: one view, one service, one logged model; the same in the child process and in the test that reopens its directory.</summary>
internal static class AccountPlatform
{
    public const string Model = "accounts";
    public const string Service = "accounts";
    public const string Champion = "champion";

    /// <summary>Small stores and short intervals, so that checkpoints, folds and commits happen all the time.</summary>
    public static IMlPlatformBuilder Define(string directory)
    {
        var builder = MlPlatform.CreateBuilder()
            .UseDataDirectory(directory)
            .Configure(options => options.OwnerWait = TimeSpan.FromSeconds(5))
            .AddFeatures(features => features
                .Add<AccountActivity>()
                .AddService(Service, version: 1, service => service.From<AccountActivity>("number", "half")))
            .AddModel(Model, model => model.FromAlias(Champion).WithFeatures(Service).OnNull("number", 0L).AliasPollInterval = TimeSpan.FromMilliseconds(20))
            .AddMonitoring(monitoring => monitoring.LogPredictions(Model).Configure(options =>
            {
                options.CommitInterval = TimeSpan.FromMilliseconds(5);
                options.MaximumSegmentByteCount = 256 * 1024;
                options.BufferByteCount = 1024 * 1024;
            }));
        builder.Services.Configure<FeatureStoreOptions>(options =>
        {
            options.DuckDbThreads = 1;
            options.Online.MemorySize = 16 << 20;
            options.Online.IndexSize = 1 << 20;
            options.Online.PageSize = 1 << 20;
            options.Online.SegmentSize = 4 << 20;
            options.Online.CheckpointInterval = TimeSpan.FromMilliseconds(100);
            options.Online.OfflineBatchSize = 50;
        });
        return builder;
    }

    /// <summary><c>score = number + half</c>: what the model was given can be read off its answer.</summary>
    /// <param name="id">Makes the version's files its own.</param>
    public static ModelPackage CreatePackage(Guid id)
    {
        var graph = new OnnxGraphBuilder("accounts");
        var half = graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        var number = graph.AddInput("int64", OnnxDataType.Int64, OnnxGraphBuilder.Batch, 1);
        var cast = graph.AddNode("Cast", [number], [OnnxAttribute.Int("to", (long)OnnxDataType.Float32)]);
        graph.AddOutput(graph.AddNode("Add", [half, cast], output: "score"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        graph.AddMetadata("id", id.ToString());
        return new ModelPackage
        {
            Onnx = graph.Build(),
            Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
            Features = [new FeatureColumn("number", FeatureType.Int64, "account_activity"), new FeatureColumn("half", FeatureType.Float32, "account_activity")],
        };
    }

    public static float ScoreOf(long number) => number + AccountActivity.HalfOf(number);
}
