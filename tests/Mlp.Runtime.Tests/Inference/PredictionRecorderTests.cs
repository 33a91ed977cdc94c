using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class PredictionRecorderTests
{
    private static readonly DateTimeOffset Noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(19);

    [Fact]
    public async Task Predict_Observed_TellsWhatTheModelSaw()
    {
        var observer = new TestObserver();
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2), Binary()), new FakeTimeProvider(Noon), observers: observer);

        var prediction = platform.Model.Predict([1, float.NaN]);

        var seen = Assert.Single(observer.Seen);
        Assert.Equal(prediction.Id, seen.Id);
        Assert.Equal(Microseconds.FromRequestTime(Noon), seen.RequestTime);
        Assert.Equal(seen.RequestTime, seen.EventTime);
        Assert.Equal([1, float.NaN], seen.Floats);
        Assert.Equal([FeatureStatus.Present, FeatureStatus.Null], seen.Status);
        Assert.Equal([(float)prediction.Score], seen.Scores);
        Assert.Empty(seen.Keys);
        Assert.True(seen.LatencyNanoseconds >= 0);

        Span<byte> id = stackalloc byte[PredictionId.ByteCount];
        prediction.Id.Write(id);
        Assert.Equal(Noon.ToUnixTimeMilliseconds(), Convert.ToInt64(Convert.ToHexString(id[..6]), 16));
    }

    [Fact]
    public async Task PredictAsync_Observed_CarriesKeysAndTrace()
    {
        var features = TestFeatures.Floats(1);
        var observer = new TraceObserver();
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features, observers: observer);
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();

        await platform.Model.PredictAsync("Flash Cab", PredictionOptions.At(Noon));

        Assert.Equal(activity.TraceId, observer.TraceId);
        Assert.Equal("Flash Cab", observer.Key.AsString());
        Assert.Equal(Microseconds.FromRequestTime(Noon), observer.EventTime);
        Assert.Equal(["company"], observer.Model!.Keys.Select(k => k.Name));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PredictAsync_ManyCalls_OneInThirtyTwoOfASlotSaysWhereItsTimeWent(bool isBatched)
    {
        var features = TestFeatures.Floats(1);
        var observer = new SplitObserver();
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features, configure: o => _ = isBatched ? o.WithDynamicBatching().WithoutKernels() : o, observers: observer);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                await platform.Model.PredictAsync("Flash Cab");
            }
        })));

        var taken = observer.Seen.Where(s => s.Run is not null).ToList();
        Assert.Equal(800, observer.Seen.Count);
        Assert.InRange(taken.Count, 800 / CallTiming.Interval / 2, 800 / CallTiming.Interval * 4);
        Assert.All(taken, s =>
        {
            Assert.True(s.Features >= 0 && s.Queue >= 0 && s.Run >= 0, $"Expected parts of 0 and more, but found {s}.");
            Assert.True(s.Features + s.Queue + s.Run == s.Latency, $"Expected parts that make the whole, but found {s}.");
        });
    }

    [Fact]
    public async Task Predict_FeaturesOfTheCaller_HaveNoPartOfTheTime()
    {
        var observer = new SplitObserver();
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()), observers: observer);
        for (var i = 0; i < CallTiming.Interval; i++)
        {
            platform.Model.Predict([1]);
        }

        Assert.InRange(observer.Seen.Count(s => s is { Run: not null, Features: null }), 1, 2);
        Assert.All(observer.Seen.Where(s => s.Run is not null), s => Assert.Equal(s.Latency, s.Queue + s.Run));
    }

    [Fact]
    public async Task Predict_ObserverThrows_AnswersAndTellsTheOthers()
    {
        var observer = new TestObserver();
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1), Binary()), observers: [new ThrowingObserver(throwsOnAttach: true), new ThrowingObserver(throwsOnAttach: false), observer]);

        platform.Model.Predict([1]);
        platform.Model.Predict([1]);

        Assert.Equal(2, observer.Seen.Count);
    }

    [Fact]
    public async Task Predict_Measured_CountsByModelVersionAndOutcome()
    {
        var counted = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name.StartsWith("mlp.inference.", StringComparison.Ordinal))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value >= 0 ? 1 : 0, tags));
        listener.Start();
        await using var platform = new TestPlatform();
        platform.AddModel("measured");
        var manifest = await platform.Registry.PublishAsync("measured", Package(TestGraphs.RefusesUnknown(), Regression()));
        await platform.Registry.SetAliasAsync("measured", "champion", manifest.Version, 0);
        await platform.Catalog.OpenAsync(CancellationToken.None);
        var model = platform.Catalog.GetModel("measured");
        var rows = new FeatureRows(model.Description!.Layout, 2);
        rows.Reset(2);
        rows.Status.Fill(FeatureStatus.Present);
        rows.SetString(0, 0, "a");
        rows.SetString(1, 0, "a");

        model.Predict(rows, new Prediction[2]);
        rows.SetString(1, 0, "b");
        Assert.Throws<InferenceFailedException>(() => model.Predict(rows, new Prediction[2]));

        Assert.Equal(
            ["mlp.inference.requests 2 measured 1 ok", "mlp.inference.duration 1 measured 1", "mlp.inference.requests 2 measured 1 error", "mlp.inference.duration 1 measured 1"],
            counted);

        void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            // Calls of other tests come here too, on their threads, and some of them assert that they allocate nothing.
            if (!tags.IsEmpty && tags[0].Value is "measured")
            {
                counted.Add(FormattableString.Invariant($"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(t => t.Value))}"));
            }
        }
    }

    private sealed class TraceObserver : IPredictionObserver, IPredictionSink
    {
        public ActivityTraceId TraceId { get; private set; }

        public EntityValue Key { get; private set; }

        public long EventTime { get; private set; }

        public ServedModel? Model { get; private set; }

        public IPredictionSink? Attach(ServedModel model)
        {
            Model = model;
            return this;
        }

        public void Record(in PredictionRecord record) => (TraceId, Key, EventTime) = (record.TraceId, record.Keys[0], record.EventTime);
    }

    private sealed class SplitObserver : IPredictionObserver, IPredictionSink
    {
        public ConcurrentQueue<(long? Features, long? Queue, long? Run, long Latency)> Seen { get; } = new();

        public IPredictionSink? Attach(ServedModel model) => this;

        public void Record(in PredictionRecord record)
            => Seen.Enqueue((record.FeatureLatencyNanoseconds, record.QueueLatencyNanoseconds, record.RunLatencyNanoseconds, record.LatencyNanoseconds));
    }

    private sealed class ThrowingObserver(bool throwsOnAttach) : IPredictionObserver, IPredictionSink
    {
        public IPredictionSink? Attach(ServedModel model) => throwsOnAttach ? throw new InvalidOperationException("attach") : this;

        public void Record(in PredictionRecord record) => throw new InvalidOperationException("record");
    }
}
