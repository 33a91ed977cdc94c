using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>Versions come and go while calls wait in the queue of the one before.</summary>
public sealed class BatchingSwapTests
{
    private readonly record struct Input(float F0);

    private readonly record struct Answer(double Score, int ModelVersion);

    [Fact]
    public async Task Swap_UnderCallersWhoShareRuns_LosesNoCallAndMixesNoVersions()
    {
        var features = TestFeatures.Floats(1);
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1), Binary(), features.Description),
            features: features,
            configure: o =>
            {
                (o.PoolSize, o.AliasPollInterval) = (2, TimeSpan.FromMilliseconds(10));
                o.WithDynamicBatching(b => b.MaximumBatchSize = 8);
            });
        await platform.Registry.PublishAsync(ModelName, Package(TestGraphs.Logistic(2), Binary(), features.Description));
        var model = platform.Model;
        using var stop = new CancellationTokenSource();
        using var cancellation = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 16).Select(_ => CallAsync(model, stop.Token))
            .Concat(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() => Call(model, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)))
            .ToArray();

        for (var swaps = 0; swaps < TestRounds.Count; swaps++)
        {
            var wanted = swaps % 2 == 0 ? 2 : 1;
            await platform.MoveAsync(wanted);
            while (model.Manifest!.Version != wanted && !callers.Any(c => c.IsFaulted))
            {
                await Task.Delay(1, CancellationToken.None);
            }
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(callers), c => Assert.True(c > 0));
    }

    [Fact]
    public async Task CloseAsync_UnderCallersWhoGiveUp_LeavesNothing()
    {
        for (var round = 0; round < TestRounds.Count; round++)
        {
            await using var platform = await ServeAsync(
                Package(TestGraphs.Logistic(1), Binary(), features: [new("f0", FeatureType.Float32, "v")]), configure: o => o.WithDynamicBatching(b => b.MaximumBatchSize = 4));
            var model = platform.Model.As<Input, Answer>();
            using var cancellation = new CancellationTokenSource();
            var callers = Enumerable.Range(0, 24).Select(i => GiveUpAsync(model, i, cancellation.Token)).ToArray();
            await Task.Yield();
            await cancellation.CancelAsync();
            await Task.WhenAll(callers);

            // Waits for every slot and every lane.
            await platform.Catalog.CloseAsync(CancellationToken.None);
        }
    }

    private static async Task<int> CallAsync(IModel model, CancellationToken stop)
    {
        var calls = 0;
        for (; calls == 0 || !stop.IsCancellationRequested; calls++)
        {
            await Task.Yield();
            Check(await model.PredictAsync(new EntityValue[] { "a" }, cancellationToken: CancellationToken.None));
        }

        return calls;
    }

    private static int Call(IModel model, CancellationToken stop)
    {
        var calls = 0;
        for (; calls == 0 || !stop.IsCancellationRequested; calls++)
        {
            Check(model.Predict([1], cancellationToken: CancellationToken.None));
        }

        return calls;
    }

    private static async Task GiveUpAsync(IModel<Input, Answer> model, int caller, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            for (var i = 0; i < 200; i++)
            {
                var answer = await model.PredictAsync(new Input(caller), cancellationToken: caller % 2 == 0 ? cancellationToken : CancellationToken.None);
                Assert.Equal(1 / (1 + Math.Exp(-caller)), answer.Score, 1e-6);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private static void Check(Prediction prediction) => Assert.Equal(1 / (1 + Math.Exp(-prediction.ModelVersion)), prediction.Score, 1e-6);
}
