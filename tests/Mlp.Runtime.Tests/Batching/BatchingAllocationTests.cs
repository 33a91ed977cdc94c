using System.Diagnostics.Metrics;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>A warm call allocates nothing on any thread, whether it waits for a batch or not. Alone in its collection, since the bytes of the whole process are counted.</summary>
[Collection(nameof(BatchingAllocationTests))]
[CollectionDefinition(nameof(BatchingAllocationTests), DisableParallelization = true)]
public sealed class BatchingAllocationTests : IDisposable
{
    private const int Callers = 48;
    private const int Calls = 400;

    private readonly MeterListener _listener = new();
    private readonly CancellationTokenSource _cancellation = new();
    private long _shared;
    private long _deferred;

    public BatchingAllocationTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RuntimeMeter.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            _shared += instrument.Name == "mlp.inference.batch.size" && value > 1 ? value : 0;
            _deferred += instrument.Name == "mlp.inference.batches" && !Equals(tags[2].Value, "inline") ? value : 0;
        });
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) => { });
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _cancellation.Dispose();
    }

    [Fact]
    public async Task PredictAsync_ManyCallers_AllocatesNothing()
    {
        var features = TestFeatures.Floats(256);
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic([.. Enumerable.Repeat(0.01f, 256)]), Binary(), features.Description), features: features, configure: Batching);
        var (model, keys) = (platform.Model, new EntityValue[] { "a" });

        // Not on the test's own synchronisation context, where each continuation costs an object.
        await AssertNoAllocationAsync(calls => Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < calls; i++)
            {
                await Task.Yield();
                await model.PredictAsync(keys.AsMemory(), cancellationToken: _cancellation.Token);
            }
        }))));
    }

    [Fact]
    public async Task Predict_OneCaller_RunsWhereItIsMadeAndAllocatesNothing()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2, 3), Binary()), configure: Batching);
        var (model, values) = (platform.Model, new float[3]);
        var least = long.MaxValue;
        for (var round = 0; round < 60 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                model.Predict(values, cancellationToken: _cancellation.Token);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(0, _shared);

        // Work of others that waits for the pool may look like callers who are about to come: that is tried for two calls now and then.
        Assert.InRange(_deferred, 0, 50);
    }

    [Fact]
    public async Task Predict_ManyThreads_AllocatesNothing()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic([.. Enumerable.Repeat(0.01f, 256)]), Binary()), configure: Batching);
        var (model, values) = (platform.Model, new float[256]);

        await AssertNoAllocationAsync(async calls =>
        {
            await Task.WhenAll(Enumerable.Range(0, Callers / 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    for (var i = 0; i < calls; i++)
                    {
                        model.Predict(values, cancellationToken: _cancellation.Token);
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
        });
    }

    private static void Batching(ModelOptions options)
    {
        // The watcher reads the alias file, which would stand among the bytes of the calls.
        options.AliasPollInterval = TimeSpan.FromHours(1);
        options.WithDynamicBatching();

        // A kernel answers this model before two calls could meet, and sharing a run would not pay.
        options.WithoutKernels();
    }

    /// <summary>Twice as many calls allocate as much as half of them: what there is belongs to the callers.</summary>
    private async Task AssertNoAllocationAsync(Func<int, Task> run)
    {
        await run(Calls);
        await run(Calls);
        var perCall = double.MaxValue;
        for (var round = 0; round < 8 && (perCall > 0.1 || _shared == 0); round++)
        {
            var few = await MeasureAsync(run, Calls);
            var many = await MeasureAsync(run, 2 * Calls);
            perCall = Math.Min(perCall, (double)(many - few) / (Callers / 4 * Calls));
        }

        Assert.True(perCall <= 0.1, FormattableString.Invariant($"Expected no allocation, but found {perCall:F2} bytes per call."));
        Assert.True(_shared > 0, "No calls have shared a run.");
    }

    private static async Task<long> MeasureAsync(Func<int, Task> run, int calls)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await run(calls);
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }
}
