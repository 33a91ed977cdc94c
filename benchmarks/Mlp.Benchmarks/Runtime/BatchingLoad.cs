using System.Diagnostics;
using System.Globalization;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// One network served twice, with dynamic batching and without, and callers for both. A caller that awaits arrives as a request of a web server does: its call begins when the pool has a
/// thread for it, and its latency counts from when it was ready, so that time spent behind other callers is part of it. A caller that blocks has a thread of its own.
/// </summary>
internal sealed class BatchingLoad : IAsyncDisposable
{
    private readonly ServedModelFixture _plain;
    private readonly ServedModelFixture _batched;
    private readonly float[] _features;

    private BatchingLoad(ServedModelFixture plain, ServedModelFixture batched, int featureCount)
    {
        _plain = plain;
        _batched = batched;
        _features = [.. Enumerable.Range(0, featureCount).Select(i => i / 100f)];
    }

    private readonly record struct Keys(string Company);

    private readonly record struct Trip(float Miles);

    /// <summary>What runs take: per power of two.</summary>
    public IReadOnlyList<BatchCost> Costs => _batched.Model.Description!.BatchCosts;

    /// <summary>What the curve promises: time per row at 1 over time per row at the largest batch.</summary>
    public double PromisedGain => Costs[0].MicrosecondsPerRow / Costs[^1].MicrosecondsPerRow;

    public static async Task<BatchingLoad> CreateAsync(string layers)
    {
        var onnx = DenseModel.Create(layers);
        var features = int.Parse(layers.Split('-')[0], CultureInfo.InvariantCulture);
        RequestFeatureWriter<Trip> writer = static (in trip, rows, row) => rows.Float32Of(row)[0] = trip.Miles;
        return new BatchingLoad(
            await ServedModelFixture.CreateAsync(onnx, features, writer),
            await ServedModelFixture.CreateAsync(onnx, features, writer, o => o.WithDynamicBatching()),
            features);
    }

    /// <summary>Callers that await.</summary>
    /// <param name="isBatched">Which model.</param>
    /// <param name="callers">Number of callers.</param>
    /// <param name="calls">Calls of each.</param>
    public async Task<BatchingRound> RunAsync(bool isBatched, int callers, int calls)
    {
        var model = Model(isBatched);
        var latencies = new long[callers][];
        var (started, processor, allocated) = Begin();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(c => CallAsync(model, latencies[c] = new long[calls])));
        return new BatchingRound(Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - processor, GC.GetTotalAllocatedBytes(precise: true) - allocated, latencies);
    }

    /// <summary>Callers that block.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public BatchingRound RunBlocking(bool isBatched, int callers, int calls)
    {
        var model = Model(isBatched);
        var latencies = new long[callers][];
        using var begin = new ManualResetEventSlim();
        var threads = Enumerable.Range(0, callers).Select(c => new Thread(() => Call(model, latencies[c] = new long[calls], begin))).ToList();
        threads.ForEach(t => t.Start());
        var (started, processor, allocated) = Begin();
        begin.Set();
        threads.ForEach(t => t.Join());
        return new BatchingRound(Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - processor, GC.GetTotalAllocatedBytes(precise: true) - allocated, latencies);
    }

    /// <summary>One caller alone, on this thread.</summary>
    /// <param name="isBatched">Which model.</param>
    /// <param name="calls">Its calls.</param>
    public BatchingRound RunAlone(bool isBatched, int calls)
    {
        var latencies = new long[calls];
        var (started, processor, allocated) = Begin();
        Call(Model(isBatched), latencies, null);
        return new BatchingRound(Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - processor, GC.GetTotalAllocatedBytes(precise: true) - allocated, [latencies]);
    }

    /// <summary>One caller who has the rows of all callers at hand, on this thread.</summary>
    /// <param name="rows">Rows of a call.</param>
    /// <param name="calls">Calls.</param>
    public void RunWholeBatches(int rows, int calls)
    {
        var features = new float[rows * _features.Length];
        var outputs = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            _features.CopyTo(features, row * _features.Length);
        }

        for (var i = 0; i < calls; i++)
        {
            _plain.Model.Predict(features, outputs);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _plain.DisposeAsync();
        await _batched.DisposeAsync();
    }

    private static (long Started, TimeSpan Processor, long Allocated) Begin() => (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));

    private IModel Model(bool isBatched) => (isBatched ? _batched : _plain).Model;

    private static async Task CallAsync(IModel model, long[] latencies)
    {
        for (var i = 0; i < latencies.Length; i++)
        {
            var ready = Stopwatch.GetTimestamp();
            await Task.Yield();
            await model.PredictAsync(new Keys("Flash Cab"));
            latencies[i] = Stopwatch.GetTimestamp() - ready;
        }
    }

    private void Call(IModel model, long[] latencies, ManualResetEventSlim? begin)
    {
        begin?.Wait();
        for (var i = 0; i < latencies.Length; i++)
        {
            var ready = Stopwatch.GetTimestamp();
            model.Predict(_features);
            latencies[i] = Stopwatch.GetTimestamp() - ready;
        }
    }
}
