using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.OnDemand;

/// <summary>A method of an on-demand view that was changed without its version: found at the start, when a model that takes it is published, and when one comes into service; the version that serves goes on.</summary>
public sealed class ChangedTransformTests : IDisposable
{
    private const string Model = "doubles";
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task StartAsync_MethodChanged_IsRefused()
    {
        await using (var ml = Define(factor: 2))
        {
            await ml.StartAsync();
            using var set = await TrainAsync(ml);
        }

        await using var changed = Define(factor: 3);
        var e = await Assert.ThrowsAnyAsync<Exception>(() => changed.StartAsync());
        Assert.StartsWith("Expected the on-demand feature view 'answer' version 1 to compute what it computed before, but feature 'twice' of golden row 0 in '", (e as FeatureDefinitionException ?? e.InnerException)!.Message, StringComparison.Ordinal);
    }

    /// <summary>The owner serves with one method; a trainer beside it has another one under the same version, and both started before anything was trained.</summary>
    [Fact]
    public async Task PublishAndLoad_OtherMethodThanTheOneThatWasTrained_IsRefused()
    {
        await using var owner = Define(factor: 2);
        await owner.StartAsync();
        var first = await owner.Registry.PublishAsync(Model, await PackageAsync(owner));
        await owner.Registry.SetAliasAsync(Model, "champion", first.Version, expectedRevision: 0);
        await owner.GetModel(Model).WaitUntilReadyAsync();
        Assert.Equal(8, (await AskAsync(owner)).Score);

        await using var trainer = Define(factor: 3, asReader: true);
        await trainer.StartAsync();
        using (await TrainAsync(trainer))
        {
        }

        // The trainer may publish: its method is the one that was trained.
        var second = await trainer.Registry.PublishAsync(Model, await PackageAsync(trainer));
        var publish = await Assert.ThrowsAsync<FeatureDefinitionException>(async () => await owner.Registry.PublishAsync(Model, await PackageAsync(owner)));
        Assert.Contains("Raise its version when its method changes.", publish.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], owner.Registry.ListVersions(Model));

        await owner.Registry.SetAliasAsync(Model, "champion", second.Version, expectedRevision: 1);
        var load = await Assert.ThrowsAnyAsync<Exception>(async () => await owner.GetModel(Model).AtVersion(second.Version).PredictAsync(new Nobody(), new Question(4)));
        Assert.Contains(publish.Message, load.ToString(), StringComparison.Ordinal);
        var answer = await AskAsync(owner);
        Assert.Equal((8.0, 1), (answer.Score, answer.ModelVersion));
    }

    [Fact]
    public async Task PublishAsync_WithoutGoldenRowsOrFeatures_IsNotAsked()
    {
        ModelPackage package;
        await using (var ml = Define(factor: 2))
        {
            await ml.StartAsync();
            package = await PackageAsync(ml);
            Assert.Equal(1, (await ml.Registry.PublishAsync(Model, package)).Version);
            using var set = await TrainAsync(ml);
        }

        using var other = new TempDirectory();
        await using var bare = MlPlatform.CreateBuilder().UseDataDirectory(other.FullName).Build();
        await bare.StartAsync();
        Assert.Equal(1, (await bare.Registry.PublishAsync(Model, package)).Version);
    }

    private static async ValueTask<Mlp.Runtime.Predictions.Prediction> AskAsync(MlPlatform ml) => await ml.GetModel(Model).PredictAsync(new Nobody(), new Question(4));

    private MlPlatform Define(float factor, bool asReader = false)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName)
            .AddFeatures(f => f.AddOnDemand<Question, Answer>(q => new Answer(q.Number * factor)).AddService(Model, 1, s => s.From<Answer>()))
            .AddModel(Model, model => model.FromAlias("champion").WithFeatures(Model).AliasPollInterval = TimeSpan.FromMilliseconds(20));
        return (asReader ? builder.AsReader() : builder).Build();
    }

    private static Task<Mlp.Features.Joins.JoinedTrainingSet> TrainAsync(MlPlatform ml)
        => ml.Features.CreateTrainingSetAsync(Model, Enumerable.Range(1, 20).Select(i => new { Number = (float)i, At = Noon }), "at");

    /// <summary>score = twice.</summary>
    private static Task<ModelPackage> PackageAsync(MlPlatform ml)
    {
        var graph = new OnnxGraphBuilder(Guid.NewGuid().ToString("N"));
        var block = graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        graph.AddOutput(graph.AddNode("Identity", [block], output: "score"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return Task.FromResult(new ModelPackage
        {
            Onnx = graph.Build(),
            Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
            Features = [new FeatureColumn("twice", FeatureType.Float32, "answer")],
            FeatureService = ml.Features.Catalog.FindService(Model)!.Description.Reference,
        });
    }

    private readonly record struct Nobody;

    private readonly record struct Question(float Number);

    private readonly record struct Answer(float Twice);
}
