using System.ComponentModel.DataAnnotations.Schema;
using System.Globalization;
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
using Perfolizer.Horology;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// One prediction, by each way in, with an observer attached and a token that can be cancelled; beside it the least that ONNX Runtime can do (memory bound once, nothing checked,
/// logged or measured), the way its documentation shows first, the same model behind an endpoint of this process, and ML.NET. The stub is the same call without an engine: what it
/// costs is what this library adds.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(ShortIterations))]
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
    private float[] _scores = null!;

    private IModel<WideRow, Score> _records = null!;
    private ModelInputs _inputs = null!;
    private ModelOutputs _namedOutputs = null!;
    private WideRow _record;
    private StubModel _stub = null!;
    private JsonEndpoint _endpoint = null!;
    private MlNetModel _mlNet = null!;

    /// <summary>Widths of the layers.</summary>
    [Params("16-1", "32-64-64-1")]
    public string Layers { get; set; } = "16-1";

    private int Features => int.Parse(Layers.Split('-')[0], CultureInfo.InvariantCulture);

    private readonly record struct Keys(string Company);

    private readonly record struct Trip(float Miles);

    private readonly record struct Score([property: Column("score")] double Value);

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var onnx = DenseModel.Create(Layers);
        _features = [.. Enumerable.Range(0, Features).Select(i => i / 100f)];
        _served = await ServedModelFixture.CreateAsync(onnx, Features, (in Trip trip, FeatureRows rows, int row) => rows.Float32Of(row)[0] = trip.Miles, o => o.WithoutKernels());
        _model = _served.Model;
        _rows = new FeatureRows(_model.Description!.Layout, 1);
        _features.CopyTo(_rows.Float32);
        _result = new Prediction[1];
        _scores = new float[1];
        _records = _model.As<WideRow, Score>();
        _record = WideRow.From(_features);
        _inputs = new ModelInputs();
        _namedOutputs = new ModelOutputs();
        _stub = new StubModel(_model.Manifest!, Features);
        _endpoint = await JsonEndpoint.StartAsync(_model);
        _mlNet = new MlNetModel(onnx, Features);
        SetUpRaw(onnx);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _endpoint.DisposeAsync();
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
        _inputs.Dispose();
        _mlNet.Dispose();
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

    [Benchmark(Description = "IModel.Predict(span, span)")]
    public float SpanToSpan()
    {
        _model.Predict(_features, _scores, cancellationToken: _cancellation.Token);
        return _scores[0];
    }

    [Benchmark(Description = "IModel.As<record, record>().Predict")]
    public double Record() => _records.Predict(in _record, cancellationToken: _cancellation.Token).Value;

    [Benchmark(Description = "IModel.Run(inputs, outputs)")]
    public float Named()
    {
        _model.Run(_inputs.Set("x", _features, 1, Features), _namedOutputs, cancellationToken: _cancellation.Token);
        return _namedOutputs[0].AsSpan<float>()[0];
    }

    [Benchmark(Description = "stub, no engine: Predict(span)")]
    public double Stub() => _stub.Model.Predict(_features, cancellationToken: _cancellation.Token).Score;

    [Benchmark(Description = "JSON over loopback Kestrel")]
    public Task<double> EndpointAsync() => _endpoint.PredictAsync(_features);

    [Benchmark(Description = "ML.NET PredictionEngine")]
    public float MlNet() => _mlNet.Predict(_features);

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
}
