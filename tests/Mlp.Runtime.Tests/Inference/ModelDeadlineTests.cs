using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>What bounds a call: its timeout, and the number of calls that may wait.</summary>
public sealed class ModelDeadlineTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2024, 6, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TaskCompletionSource _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TestFeatures _features = TestFeatures.Floats(2);
    private readonly Dictionary<string, long> _outcomes = [];
    private readonly MeterListener _listener = new();

    public ModelDeadlineTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "mlp.inference.requests")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Count(value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void Timeout_Negative_IsRefusedWhereItIsSaid()
    {
        Assert.Contains("Expected a timeout of at least zero", Assert.Throws<ArgumentOutOfRangeException>(() => new PredictionOptions { Timeout = TimeSpan.FromTicks(-1) }).Message, StringComparison.Ordinal);
        Assert.Equal(Timeout.InfiniteTimeSpan, new PredictionOptions { Timeout = Timeout.InfiniteTimeSpan }.Timeout);
    }

    [Fact]
    public async Task Predict_NoSlotWithinTheTimeout_SaysHowLongItWaitedAndForWhat()
    {
        await using var platform = await ServeBusyAsync();
        var busy = platform.Model.PredictAsync("a").AsTask();
        var timeouts = Outcome("timeout");
        var another = platform.Model.PredictAsync("b").AsTask();

        var waiting = platform.Model.PredictAsync("c", new PredictionOptions { Timeout = TimeSpan.FromMilliseconds(50) }).AsTask();
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(60));

        var error = await Assert.ThrowsAsync<PredictionTimeoutException>(() => waiting);
        Assert.Equal(
            "Expected a free slot of model 'tips' version 1 within the 50 ms of the call, but found none in 50 ms: all 1 were taken and 2 calls waited.", error.Message);
        Assert.Equal(("tips", 1, 1, 2), (error.Model, error.Version, error.SlotCount, error.WaitingCount));
        Assert.Equal(TimeSpan.FromMilliseconds(50), error.SlotWait);
        Assert.True(error.IsTransient);
        Assert.True(Outcome("timeout") > timeouts);

        _reading.SetResult();
        await busy;
        await another;
    }

    [Fact]
    public async Task Predict_FeaturesTakeLongerThanTheTimeout_SaysSoAndKeepsTheSlotUntilTheReadEnds()
    {
        var observer = new TestObserver();
        await using var platform = await ServeBusyAsync(observer: observer);

        var reading = platform.Model.PredictAsync("a", new PredictionOptions { Timeout = TimeSpan.FromSeconds(1) }).AsTask();
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));

        var error = await Assert.ThrowsAsync<PredictionTimeoutException>(() => reading);
        Assert.Equal("Expected model 'tips' version 1 to answer within the 1000 ms of the call, but its features or its run took longer.", error.Message);
        Assert.Null(error.SlotWait);
        _features.Pending = null;
        var next = platform.Model.PredictAsync("b").AsTask();
        Assert.False(next.IsCompleted, "The slot is still being written to.");
        _reading.SetResult();
        Assert.Equal(1 / (1 + Math.Exp(-2)), (await next).Score, 1e-6);
        Assert.Equal([PredictionOutcome.TimedOut, PredictionOutcome.Ok], observer.Seen.Select(s => s.Outcome));
    }

    [Fact]
    public async Task Predict_RunTakesLongerThanTheTimeout_IsEnded()
    {
        // A golden row of many turns, so that the model is measured as one whose runs are worth interrupting.
        var golden = new FeatureRows(new FeatureRowLayout([new FeatureColumn("x", FeatureType.Float32, string.Empty)]), 1);
        golden.Reset(1);
        golden.Float32[0] = 5_000;
        golden.Status.Fill(FeatureStatus.Present);
        await using var platform = await ServeAsync(Package(TestGraphs.Loop(), Regression()) with { GoldenRows = new GoldenRows(golden, [5_000.0]) });
        var rows = new FeatureRows(platform.Model.Description!.Layout, 256);
        rows.Reset(256);

        // Only the timeout ends it, however late its timer comes.
        rows.Float32.Fill(1e15f);

        var error = Assert.Throws<PredictionTimeoutException>(
            () => platform.Model.Predict(rows, new Prediction[256], new PredictionOptions { Timeout = TimeSpan.FromMilliseconds(20) }));

        Assert.Equal(TimeSpan.FromMilliseconds(20), error.Timeout);
        Assert.Equal(1, platform.Model.Predict([1f]).Score, 1e-3);
    }

    [Fact]
    public async Task Run_TakesLongerThanTheTimeout_IsEnded()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Loop(), ModelOutput.Tensors));
        using var inputs = new ModelInputs().Set("x", [.. Enumerable.Repeat(1e15f, 256)], 256, 1);

        Assert.Throws<PredictionTimeoutException>(() => platform.Model.Run(inputs, new PredictionOptions { Timeout = TimeSpan.FromMilliseconds(20) }));
        Assert.Equal(256, platform.Model.Run(inputs.Set("x", new float[256], 256, 1))["y"].Length);
    }

    [Fact]
    public async Task Predict_TimeIsUpBeforeTheRun_DoesNotRun()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()), time: _time);

        Assert.Throws<PredictionTimeoutException>(() => platform.Model.Predict([1f], new PredictionOptions { Timeout = TimeSpan.Zero }));
        Assert.Equal(0.5, platform.Model.Predict([0f], new PredictionOptions { Timeout = TimeSpan.FromSeconds(1) }).Score);
    }

    [Fact]
    public async Task Predict_QueueIsFull_FailsAtOnce()
    {
        await using var platform = await ServeBusyAsync(o => o.MaximumQueueLength = 1);
        var busy = platform.Model.PredictAsync("a").AsTask();
        var waiting = platform.Model.PredictAsync("b").AsTask();
        var shed = Outcome("shed");

        var error = await Assert.ThrowsAsync<ModelOverloadedException>(async () => await platform.Model.PredictAsync("c"));
        Assert.Equal(
            "Expected room for a call of model 'tips' version 1, but all 1 slots were taken and 1 calls waited, which is the limit (ModelOptions.MaximumQueueLength).", error.Message);
        Assert.Equal((1, 1), (error.SlotCount, error.MaximumQueueLength));
        Assert.Throws<ModelOverloadedException>(() => platform.Model.Predict([1f, 1f]));
        Assert.True(Outcome("shed") >= shed + 2);

        _reading.SetResult();
        await busy;
        await waiting;
        await platform.Model.PredictAsync("d");
    }

    [Fact]
    public async Task Predict_WaitIsCancelled_LeavesTheQueue()
    {
        await using var platform = await ServeBusyAsync(o => o.MaximumQueueLength = 1);
        var busy = platform.Model.PredictAsync("a").AsTask();
        using var cancellation = new CancellationTokenSource();
        var waiting = platform.Model.PredictAsync("b", cancellationToken: cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        Assert.Equal("The call of model 'tips' version 1 was cancelled while it waited for a free slot.", error.Message);
        Assert.Equal(cancellation.Token, error.CancellationToken);
        var next = platform.Model.PredictAsync("c").AsTask();
        _reading.SetResult();
        await busy;
        await next;
    }

    /// <summary>One slot, whose calls read until the test says otherwise.</summary>
    private async Task<TestPlatform> ServeBusyAsync(Action<ModelOptions>? configure = null, IPredictionObserver? observer = null)
    {
        var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1, 1), Binary(), _features.Description),
            _time,
            _features,
            o =>
            {
                o.PoolSize = 1;
                configure?.Invoke(o);
            },
            observer is null ? [] : [observer]);
        _features.Pending = _ => _reading.Task;
        return platform;
    }

    private long Outcome(string name)
    {
        lock (_outcomes)
        {
            return _outcomes.GetValueOrDefault(name);
        }
    }

    private void Count(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "outcome")
            {
                lock (_outcomes)
                {
                    _outcomes[(string)tag.Value!] = _outcomes.GetValueOrDefault((string)tag.Value!) + value;
                }
            }
        }
    }
}
