using System.Diagnostics;
using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Benchmarks.Runtime;

/// <summary>What metrics and spans add to a prediction: without listeners, with a listener to metrics, with one to spans that keeps them, and with one that samples none.</summary>
[MemoryDiagnoser]
[Config(typeof(ShortIterations))]
public class TelemetryBenchmarks
{
    private readonly float[] _features = new float[16];
    private ServedModelFixture _served = null!;
    private IModel _model = null!;
    private IDisposable? _listener;

    [GlobalSetup(Target = nameof(Nobody))]
    public Task SetUpAsync() => ServeAsync(null);

    [GlobalSetup(Target = nameof(Metrics))]
    public Task SetUpMetricsAsync() => ServeAsync(ListenToMetrics());

    [GlobalSetup(Target = nameof(Spans))]
    public Task SetUpSpansAsync() => ServeAsync(ListenToSpans(ActivitySamplingResult.AllDataAndRecorded));

    [GlobalSetup(Target = nameof(SpansNotSampled))]
    public Task SetUpUnsampledAsync() => ServeAsync(ListenToSpans(ActivitySamplingResult.None));

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        _listener?.Dispose();
        await _served.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "nobody listens")]
    public double Nobody() => _model.Predict(_features).Score;

    [Benchmark(Description = "metrics")]
    public double Metrics() => _model.Predict(_features).Score;

    [Benchmark(Description = "spans, recorded")]
    public double Spans() => _model.Predict(_features).Score;

    [Benchmark(Description = "spans, none sampled")]
    public double SpansNotSampled() => _model.Predict(_features).Score;

    /// <summary>Somebody who hears every measurement.</summary>
    internal static MeterListener ListenToMetrics()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Mlp.Runtime")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }

    /// <summary>Somebody who is asked for every span.</summary>
    /// <param name="result">What he answers.</param>
    internal static ActivityListener ListenToSpans(ActivitySamplingResult result)
    {
        var listener = new ActivityListener { ShouldListenTo = static source => source.Name == "Mlp.Runtime", Sample = (ref ActivityCreationOptions<ActivityContext> _) => result };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private async Task ServeAsync(IDisposable? listener)
    {
        _listener = listener;
        _served = await ServedModelFixture.CreateAsync(DenseModel.Create("16-1"), _features.Length, (in float miles, FeatureRows rows, int row) => rows.Float32Of(row)[0] = miles, o => o.WithoutKernels());
        _model = _served.Model;
    }
}
