using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;
using Perfolizer.Horology;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// One prediction of a linear model, by each way in, with an observer attached and a token that can be cancelled; beside it the least that ONNX Runtime
/// can do (memory bound once, nothing checked, logged or measured) and the way its documentation shows first.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(ShortConfig))]
public class PredictBenchmarks : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private ServedModelFixture _served = null!;
    private IModel _model = null!;
    private FeatureRows _rows = null!;
    private Prediction[] _result = null!;
    private float[] _features = null!;

    private InferenceSession _session = null!;
    private RunOptions _options = null!;
    private OrtIoBinding _binding = null!;
    private OrtValue _input = null!;
    private OrtValue _output = null!;
    private float[] _outputs = null!;

    [Params(32, 512)]
    public int Features { get; set; }

    private readonly record struct Keys(string Company);

    private readonly record struct Trip(float Miles);

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var onnx = OnnxBytes.Linear(Features, 1);
        _features = [.. Enumerable.Range(0, Features).Select(i => i / 100f)];
        _served = await ServedModelFixture.CreateAsync(onnx, Features, (in Trip trip, FeatureRows rows, int row) => rows.Float32Of(row)[0] = trip.Miles);
        _model = _served.Model;
        _rows = new FeatureRows(_model.Description!.Layout, 1);
        _features.CopyTo(_rows.Float32);
        _result = new Prediction[1];
        SetUpRaw(onnx);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _served.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        _binding.Dispose();
        _input.Dispose();
        _output.Dispose();
        _options.Dispose();
        _session.Dispose();
        _cancellation.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true, Description = "raw RunWithBinding")]
    public float RawBinding()
    {
        _session.RunWithBinding(_options, _binding);
        return _outputs[0];
    }

    [Benchmark(Description = "NamedOnnxValue")]
    public float NamedValue()
    {
        var tensor = new DenseTensor<float>(_features, [1, Features]);
        using var results = _session.Run([NamedOnnxValue.CreateFromTensor("x", tensor)]);
        return results[0].AsTensor<float>().ToArray()[0];
    }

    [Benchmark(Description = "IModel.Predict(span)")]
    public double Span() => _model.Predict(_features, cancellationToken: _cancellation.Token).Score;

    [Benchmark(Description = "IModel.Predict(FeatureRows)")]
    public double Rows()
    {
        _model.Predict(_rows, _result, cancellationToken: _cancellation.Token);
        return _result[0].Score;
    }

    [Benchmark(Description = "IModel.PredictAsync(keys)")]
    public async ValueTask<double> EntityAsync() => (await _model.PredictAsync(new Keys("Flash Cab"), cancellationToken: _cancellation.Token)).Score;

    [Benchmark(Description = "IModel.PredictAsync(keys, request)")]
    public async ValueTask<double> EntityAndRequestAsync()
        => (await _model.PredictAsync(new Keys("Flash Cab"), new Trip(2), cancellationToken: _cancellation.Token)).Score;

    private void SetUpRaw(byte[] onnx)
    {
        using var sessionOptions = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(onnx, sessionOptions);
        _options = new RunOptions();
        _outputs = new float[1];
        _input = OrtValue.CreateTensorValueFromMemory(_features, [1, Features]);
        _output = OrtValue.CreateTensorValueFromMemory(_outputs, [1, 1]);
        _binding = _session.CreateIoBinding();
        _binding.BindInput("x", _input);
        _binding.BindOutput("score", _output);
    }

    private sealed class ShortConfig : ManualConfig
    {
        public ShortConfig()
        {
            // In this process: the natives of the other libraries are 450 MB to copy for a process of its own.
            // Many short iterations, of which the least and the median say something even on a machine that others use.
            AddJob(Job.Default
                .WithToolchain(InProcessEmitToolchain.Instance)
                .WithWarmupCount(30)
                .WithIterationTime(TimeInterval.FromMilliseconds(2))
                .WithIterationCount(300));
            AddColumn(StatisticColumn.Min, StatisticColumn.Q1, StatisticColumn.Median);
            HideColumns(Column.Job, Column.Toolchain, Column.Error, Column.StdDev, Column.Ratio, Column.RatioSD, Column.AllocRatio, Column.Gen0);
        }
    }
}
