using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Swapping and the garbage collector are where a naive use of ONNX Runtime ends the process.</summary>
public sealed class ModelSwapTests
{
    private const int Callers = 4;

    [Fact]
    public async Task Swap_UnderCallers_FailsNoCallAndMixesNoVersions()
    {
        var features = TestFeatures.Floats(1);
        var observer = new SwapObserver();
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1), Binary(), features.Description),
            features: features,
            configure: o => (o.PoolSize, o.AliasPollInterval) = (3, TimeSpan.FromMilliseconds(10)),
            observers: observer);
        await platform.Registry.PublishAsync(ModelName, Package(TestGraphs.Logistic(2), Binary(), features.Description));
        var model = platform.Model;
        using var stop = new CancellationTokenSource();
        using var begun = new CountdownEvent(Callers);

        // A thread each: callers that answer at once never give theirs back.
        var callers = Enumerable.Range(0, Callers)
            .Select(i => Task.Factory.StartNew(() => CallAsync(model, i, begun, stop.Token), stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap())
            .ToArray();
        begun.Wait();

        var swaps = 0;
        while (swaps < TestRounds.Count)
        {
            var wanted = (swaps % 2 == 0) ? 2 : 1;
            await platform.MoveAsync(wanted);
            while (model.Manifest!.Version != wanted && !callers.Any(c => c.IsCompleted))
            {
                await Task.Delay(1);
            }

            swaps++;
        }

        await stop.CancelAsync();
        var calls = await Task.WhenAll(callers);
        Assert.All(calls, c => Assert.True(c > 0));
        Assert.Equal(calls.Sum(), observer.Ok);
        Assert.Equal(0, observer.Other);
        Assert.Equal(swaps + 1, observer.Attached);
    }

    [Fact]
    public async Task Predict_UnderGarbageCollection_NeverReadsFreedMemory()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.AllTypes(), Regression(), features: AllTypesFeatures.Columns));
        var model = platform.Model;
        var rows = new FeatureRows(model.Description!.Layout, 300);
        rows.Reset(300);
        for (var row = 0; row < 300; row++)
        {
            AllTypesFeatures.Fill(rows, row);
        }

        var isDone = false;
        var collector = Task.Run(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        var results = new Prediction[300];
        for (var i = 0; i < 50; i++)
        {
            model.Predict(rows, results);
            for (var row = 0; row < results.Length; row++)
            {
                Assert.Equal((float)AllTypesFeatures.Expected(row), results[row].Score);
            }
        }

        Volatile.Write(ref isDone, true);
        await collector;
    }

    private static async Task<int> CallAsync(IModel model, int caller, CountdownEvent begun, CancellationToken stop)
    {
        var calls = 0;
        while (!stop.IsCancellationRequested)
        {
            var prediction = caller % 2 == 0 ? await model.PredictAsync(new EntityValue[] { "a" }, cancellationToken: default) : model.Predict([1], cancellationToken: CancellationToken.None);
            Assert.Equal(1 / (1 + Math.Exp(-prediction.ModelVersion)), prediction.Score, 1e-6);
            if (calls++ == 0)
            {
                begun.Signal();
            }
        }

        return calls;
    }

    private sealed class SwapObserver : IPredictionObserver
    {
        private int _ok;
        private int _other;
        private int _attached;

        public int Ok => _ok;

        public int Other => _other;

        public int Attached => _attached;

        public IPredictionSink? Attach(ServedModel model)
        {
            Interlocked.Increment(ref _attached);
            return new Sink(this);
        }

        private sealed class Sink(SwapObserver owner) : IPredictionSink
        {
            public void Record(in PredictionRecord record)
                => Interlocked.Increment(ref record.Outcome == PredictionOutcome.Ok ? ref owner._ok : ref owner._other);
        }
    }
}
