using System.Collections.Concurrent;
using System.Diagnostics;
using Apache.Arrow;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

[Collection(SpanListeners.Name)]
public sealed class RuntimeSpanTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public RuntimeSpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RuntimeActivities.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Predict_InsideAnActivity_IsItsChildAndLeavesItCurrent()
    {
        var observer = new TraceObserver();
        await using var platform = await ServeAsync("traced-child", Package(TestGraphs.Logistic(1, 2), Binary()), new FakeTimeProvider(Noon), observer);
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();

        platform.Catalog.GetModel("traced-child").Predict([1, 2]);

        Assert.Same(request, Activity.Current);
        var span = Single("mlp.predict", "traced-child");
        Assert.Equal((request.SpanId, request.TraceId), (span.ParentSpanId, span.TraceId));
        Assert.Equal(Noon.UtcDateTime, span.StartTimeUtc);
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.Equal(
            new Dictionary<string, object?> { ["model"] = "traced-child", ["version"] = 1, ["variant"] = "champion", ["rows"] = 1, ["outcome"] = "ok" },
            span.TagObjects.ToDictionary());
        Assert.Equal(request.TraceId, Assert.Single(observer.TraceIds));
    }

    [Theory]
    [InlineData(ModelLoading.AtStart)]
    [InlineData(ModelLoading.OnFirstCall)]
    public async Task Predict_ModelThatIsNotReady_IsCountedAndASpanWithoutAVersion(ModelLoading loading)
    {
        var name = "traced-missing-" + (int)loading;
        var counted = new ConcurrentQueue<Dictionary<string, object?>>();
        using var meters = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "mlp.inference.requests")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var found = tags.ToArray().ToDictionary();
            if (name.Equals(found["model"]))
            {
                counted.Enqueue(found);
            }
        });
        meters.Start();
        await using var platform = new TestPlatform();
        platform.AddModel(name, m => m.Loading = loading);
        await platform.Catalog.OpenAsync(CancellationToken.None);

        Assert.Throws<ModelNotReadyException>(() => platform.Catalog.GetModel(name).Predict([1]));

        Assert.Equal(new Dictionary<string, object?> { ["model"] = name, ["outcome"] = "not_ready" }, Assert.Single(counted));
        var span = Single("mlp.predict", name);
        Assert.Equal(
            new Dictionary<string, object?> { ["model"] = name, ["variant"] = "champion", ["outcome"] = "not_ready", ["error.type"] = typeof(ModelNotReadyException).FullName },
            span.TagObjects.ToDictionary());
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        await Assert.ThrowsAsync<ModelNotReadyException>(() => platform.Catalog.GetModel(name).WaitUntilReadyAsync(TimeSpan.FromMilliseconds(1)));
        Assert.Single(counted);
    }

    [Fact]
    public async Task Predict_WithoutActivity_BeginsATraceThatObserversAreTold()
    {
        var observer = new TraceObserver();
        await using var platform = await ServeAsync("traced-root", Package(TestGraphs.Logistic(1), Binary()), observer: observer);

        platform.Catalog.GetModel("traced-root").Predict([1f]);

        Assert.Null(Activity.Current);
        var span = Single("mlp.predict", "traced-root");
        Assert.Equal(default, span.ParentSpanId);
        Assert.Equal(span.TraceId, Assert.Single(observer.TraceIds));
        Assert.True(span.Duration > TimeSpan.Zero);
    }

    [Fact]
    public async Task PredictAsync_FeaturesMustBeWaitedFor_IsAChildOfTheCallersActivity()
    {
        var features = TestFeatures.Floats(1);
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var observer = new TraceObserver();
        await using var platform = await ServeAsync("traced-wait", Package(TestGraphs.Logistic(1), Binary(), features.Description), observer: observer, features: features);
        features.Pending = _ => reading.Task;
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();

        var answer = platform.Catalog.GetModel("traced-wait").PredictAsync("Flash Cab").AsTask();
        Assert.Same(request, Activity.Current);
        request.Stop();
        reading.SetResult();
        await answer;

        Assert.Equal(request.SpanId, Single("mlp.predict", "traced-wait").ParentSpanId);
        Assert.Equal(request.TraceId, Assert.Single(observer.TraceIds));
    }

    [Fact]
    public async Task Predict_Fails_SaysHow()
    {
        await using var platform = await ServeAsync("traced-error", Package(TestGraphs.Logistic(1), Binary()), configure: o => o.OnNull("x", NullPolicy.Error));

        Assert.Throws<NullFeatureException>(() => platform.Catalog.GetModel("traced-error").Predict([float.NaN]));

        var span = Single("mlp.predict", "traced-error");
        Assert.Equal((ActivityStatusCode.Error, "error", typeof(NullFeatureException).FullName), (span.Status, span.GetTagItem("outcome"), span.GetTagItem("error.type")));
    }

    [Fact]
    public async Task PredictAsync_NoRoom_IsShed()
    {
        var features = TestFeatures.Floats(1);
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var platform = await ServeAsync(
            "traced-shed",
            Package(TestGraphs.Logistic(1), Binary(), features.Description),
            features: features,
            configure: o => (o.PoolSize, o.MaximumQueueLength) = (1, 0));
        features.Pending = _ => reading.Task;
        var model = platform.Catalog.GetModel("traced-shed");
        var busy = model.PredictAsync("a").AsTask();

        await Assert.ThrowsAsync<ModelOverloadedException>(async () => await model.PredictAsync("b"));

        Assert.Equal("shed", Single("mlp.predict", "traced-shed").GetTagItem("outcome"));
        reading.SetResult();
        await busy;
    }

    [Fact]
    public async Task Run_ByName_HasASpanToo()
    {
        await using var platform = await ServeAsync("traced-named", Package(TestGraphs.LogisticWithSum(1, 2), ModelOutput.Tensors));
        using var inputs = new ModelInputs().Set("x", new float[] { 1, 2 }, 1, 2);

        platform.Catalog.GetModel("traced-named").Run(inputs);

        Assert.Equal("ok", Single("mlp.predict", "traced-named").GetTagItem("outcome"));
    }

    [Fact]
    public async Task Load_Version_TellsTheChecksThatItPassed()
    {
        await using var platform = await ServeAsync("traced-load", Package(TestGraphs.Logistic(1), Binary()));

        var span = Single("mlp.model.load", "traced-load");
        Assert.Equal((1, "ok"), (span.GetTagItem("version"), span.GetTagItem("outcome")));
        Assert.Equal(["files", "signature", "features", "session", "outputs", "kernel", "warm-up"], span.Events.Select(e => e.Name));
    }

    [Fact]
    public async Task Load_ModelThatDoesNotFit_FailsWhereItDoesNot()
    {
        await using var platform = await ServeAsync("traced-misfit", Package(TestGraphs.Lying(1, 10), Regression()), configure: o => o.OnNull("fare", 0));

        var span = Single("mlp.model.load", "traced-misfit");
        Assert.Equal((ActivityStatusCode.Error, "error"), (span.Status, span.GetTagItem("outcome")));
        Assert.Equal("session", span.Events.Last().Name);
        Assert.Contains("Expected a null policy for a feature of the model, but found one for 'fare'", span.StatusDescription, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ScoreFileAsync_Traced_HoldsTheTablesItScored()
    {
        using var directory = new TempDirectory();
        await using var platform = await ServeAsync("traced-file", Package(TestGraphs.Logistic(1), Binary()));
        var input = directory.Combine("in.arrow");
        using (var batch = new RecordBatch.Builder().Append("x", false, b => b.Float(a => a.AppendRange([1f, 2f, 3f]))).Build())
        {
            await using var file = File.Create(input);
            using var writer = new Apache.Arrow.Ipc.ArrowFileWriter(file, batch.Schema);
            await writer.WriteRecordBatchAsync(batch);
            await writer.WriteEndAsync();
        }

        await platform.Catalog.GetModel("traced-file").ScoreFileAsync(input, directory.Combine("out.arrow"));

        var whole = Single("mlp.score.file", "traced-file");
        var table = Single("mlp.score", "traced-file");
        Assert.Equal((1, 3L, 0L), (whole.GetTagItem("version"), whole.GetTagItem("rows"), whole.GetTagItem("rows.resumed")));
        Assert.Equal((whole.SpanId, 3), (table.ParentSpanId, table.GetTagItem("rows")));
    }

    private Activity Single(string name, string model) => Assert.Single(_ended, a => a.OperationName == name && (string?)a.GetTagItem("model") == model);

    private static async Task<TestPlatform> ServeAsync(
        string model,
        ModelPackage package,
        TimeProvider? time = null,
        IPredictionObserver? observer = null,
        IFeatureSource? features = null,
        Action<ModelOptions>? configure = null)
    {
        var platform = new TestPlatform(time, features, observer is null ? [] : [observer]);
        platform.AddModel(model, configure);
        var manifest = await platform.Registry.PublishAsync(model, package);
        await platform.Registry.SetAliasAsync(model, "champion", manifest.Version, 0);
        await platform.Catalog.OpenAsync(CancellationToken.None);
        return platform;
    }

    private sealed class TraceObserver : IPredictionObserver, IPredictionSink
    {
        public ConcurrentQueue<ActivityTraceId> TraceIds { get; } = new();

        public IPredictionSink? Attach(ServedModel model) => this;

        public void Record(in PredictionRecord record) => TraceIds.Enqueue(record.TraceId);
    }
}
