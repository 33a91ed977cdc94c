using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>The promise: a warm call allocates nothing, with an observer, a metrics listener, a listener to the spans of other sources, a current activity and a token that can be cancelled.</summary>
[Collection(SpanListeners.Name)]
public sealed class ModelAllocationTests : IDisposable
{
    private const int Calls = 1_000;

    private readonly MeterListener _listener = new();
    private readonly ActivityListener _otherSpans = new() { ShouldListenTo = source => source.Name != RuntimeActivities.Name };
    private readonly Activity _request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly CountingObserver _observer = new();
    private readonly PredictionOptions _options = new() { AsOf = DateTimeOffset.UnixEpoch, Tags = new KeyValuePair<string, string>[] { new("page", "checkout") } };
    private long _measured;

    public ModelAllocationTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RuntimeMeter.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Interlocked.Add(ref _measured, value * tags.Length));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Interlocked.Add(ref _measured, value > 0 ? tags.Length : 0));
        _listener.Start();
        ActivitySource.AddActivityListener(_otherSpans);
    }

    private readonly record struct TripKeys(string? Company, int? Area);

    private readonly record struct Trip(float Miles, string Payment);

    private static readonly IReadOnlyList<FeatureColumn> Threefold =
        [new("a", FeatureType.Float32, "v"), new("b", FeatureType.Float32, "v"), new("c", FeatureType.Float32, "v")];

    private readonly record struct Three(float A, float? B, short C);

    private readonly record struct Answer(double Score, double Yes, double No, float Z, string PredictedLabel);

    public void Dispose()
    {
        _listener.Dispose();
        _otherSpans.Dispose();
        _request.Dispose();
        _cancellation.Dispose();
    }

    [Fact]
    public async Task Predict_Span_AllocatesNothing()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2, 3), Binary()), observers: _observer);
        var model = platform.Model;
        var features = new float[] { 1, float.NaN, 3 };

        AssertNoAllocation(() => model.Predict(features, _options, _cancellation.Token));
    }

    [Theory]
    [InlineData("N", 1)]
    [InlineData(4, 1)]
    [InlineData(4, 10)]
    public async Task Predict_TypesThatFeaturesDoNotHaveAndFixedBatches_AllocatesNothing(object batch, int rowCount)
    {
        var onnx = ConvertedGraphs.Linear(TensorElementKind.Int32, TensorElementKind.Float16, 3, batch, 3);
        await using var platform = await ServeAsync(Package(onnx, Regression()), observers: _observer);
        var model = platform.Model;
        var rows = new FeatureRows(model.Description!.Layout, rowCount);
        rows.Reset(rowCount);
        rows.Int64.Fill(2);
        rows.Status.Fill(FeatureStatus.Present);
        var results = new Prediction[rowCount];

        AssertNoAllocation(() => model.Predict(rows, results, _options, _cancellation.Token));
        Assert.Equal(222, results[^1].Score);
    }

    [Fact]
    public async Task Predict_LoadedOnFirstCallOrByNumber_AllocatesNothing()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2, 3), Binary()), configure: o => o.LoadOnFirstCall(), observers: _observer);
        var model = platform.Model;
        var version = model.AtVersion(1);
        var features = new float[] { 1, float.NaN, 3 };

        AssertNoAllocation(() => model.Predict(features, _options, _cancellation.Token));
        AssertNoAllocation(() => version.Predict(features, _options, _cancellation.Token));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public async Task Predict_SpanToSpan_AllocatesNothing(int rowCount)
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2, 3), Binary()), observers: _observer);
        var model = platform.Model;
        var features = new float[3 * rowCount];
        var outputs = new float[rowCount];

        AssertNoAllocation(() => model.Predict(features, outputs, _options, _cancellation.Token), Math.Max(200, Calls / rowCount));
    }

    [Fact]
    public async Task Predict_WithinATimeout_AllocatesNothing()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2, 3), Binary()), observers: _observer);
        var model = platform.Model;
        var features = new float[3];
        var options = _options with { Timeout = TimeSpan.FromMinutes(10) };

        AssertNoAllocation(() => model.Predict(features, options, _cancellation.Token));
    }

    [Fact]
    public async Task Run_SameShapesAgain_AllocatesNothing()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.LogisticWithSum(1, 2, 3), ModelOutput.Tensors));
        var model = platform.Model;
        using var inputs = new ModelInputs();
        var outputs = new ModelOutputs();
        var values = new float[] { 1, 2, 3 };

        AssertNoAllocation(
            () =>
            {
                values[0]++;
                model.Run(inputs.Set("x", values, 1, 3), outputs, _options, _cancellation.Token);
            },
            isObserved: false);
        Assert.Equal(values[0] + 13, outputs["z"].AsSpan<float>()[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public async Task Predict_StructRecords_AllocatesNothing(int rowCount)
    {
        await using var platform = await ServeAsync(
            Package(TestGraphs.LogisticWithSum(1, 2, 3), Binary() with { ClassNames = ["no", "yes"] }, features: Threefold), observers: _observer);
        var model = platform.Model.As<Three, Answer>();
        var records = Enumerable.Range(0, rowCount).Select(i => new Three(i, i % 2 == 0 ? i : null, 2)).ToArray();
        var answers = new Answer[rowCount];

        AssertNoAllocation(
            () =>
            {
                if (rowCount == 1)
                {
                    answers[0] = model.Predict(in records[0], _options, _cancellation.Token);
                }
                else
                {
                    model.Predict(records, answers, _options, _cancellation.Token);
                }
            },
            Math.Max(200, Calls / rowCount));
        Assert.Equal(6, answers[0].Z);
        Assert.Equal(1, answers[0].Yes + answers[0].No, 1e-12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public async Task Predict_Rows_AllocatesNothing(int rowCount)
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Columns(), Regression()), observers: _observer);
        var model = platform.Model;
        var rows = new FeatureRows(model.Description!.Layout, rowCount);
        rows.Reset(rowCount);
        rows.Status.Fill(FeatureStatus.Present);
        for (var row = 0; row < rowCount; row++)
        {
            rows.SetString(row, 0, "a text too long to be kept inside a native string");
        }

        var results = new Prediction[rowCount];

        AssertNoAllocation(() => model.Predict(rows, results, _options, _cancellation.Token), Math.Max(200, Calls / rowCount));
    }

    [Fact]
    public async Task PredictAsync_EntityAndRequest_AllocatesNothing()
    {
        var features = AllTypesFeatures.Create().WithRequest((in Trip trip, FeatureRows rows, int row) =>
        {
            rows.Float32Of(row)[1] = trip.Miles;
            rows.SetString(row, 1, trip.Payment);
        });
        await using var platform = await ServeAsync(Package(TestGraphs.AllTypes(), Regression(), features.Description), features: features, observers: _observer);
        var model = platform.Model;

        AssertNoAllocation(() =>
        {
            var answer = model.PredictAsync(new TripKeys("Flash Cab", 8), new Trip(2, "cash"), _options, _cancellation.Token);
            Assert.True(answer.IsCompletedSuccessfully);
            answer.GetAwaiter().GetResult();
        });
    }

    [Fact]
    public async Task PredictAsync_RunTimeKeys_AllocatesNothing()
    {
        var features = TestFeatures.Floats(3);
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2, 3), Binary(), features.Description), features: features, observers: _observer);
        var model = platform.Model;
        var keys = new EntityValue[] { "Flash Cab" };

        AssertNoAllocation(() =>
        {
            var answer = model.PredictAsync(keys.AsMemory(), _options, _cancellation.Token);
            Assert.True(answer.IsCompletedSuccessfully);
            answer.GetAwaiter().GetResult();
        });
    }

    private void AssertNoAllocation(Action call, int calls = Calls, bool isObserved = true)
    {
        // The code is compiled in tiers while it runs, which may allocate on its thread; what a call allocates, every round would show.
        var least = long.MaxValue;
        for (var round = 0; round < 40 && least > 0; round++)
        {
            var (seen, measured) = (_observer.Count, _measured);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < calls; i++)
            {
                call();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(!isObserved || _observer.Count - seen >= calls, "The observer has not heard of every call.");
            Assert.True(_measured > measured, "The listener has heard nothing.");
            Assert.False(RuntimeActivities.Source.HasListeners(), "Somebody listens to the spans of calls, which allocate then.");
        }

        Assert.Equal(0, least);
    }

    private sealed class CountingObserver : IPredictionObserver, IPredictionSink
    {
        public long Count { get; private set; }

        public IPredictionSink? Attach(ServedModel model) => this;

        public void Record(in PredictionRecord record)
        {
            if (record.Outcome == PredictionOutcome.Ok && record.Scores.Length > 0 && record.Tags.Length == 1)
            {
                Count++;
            }
        }
    }
}
