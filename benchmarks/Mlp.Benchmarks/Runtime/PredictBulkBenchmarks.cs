using System.Globalization;
using BenchmarkDotNet.Attributes;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Benchmarks.Runtime;

/// <summary>1,024 rows in one go: from span to span, with an observer attached, beside one bare run of all rows and ML.NET's transform.</summary>
[MemoryDiagnoser]
[Config(typeof(ShortIterations))]
public class PredictBulkBenchmarks : IDisposable
{
    private const int RowCount = 1024;

    private ServedModelFixture _served = null!;
    private IModel _model = null!;
    private MlNetModel _mlNet = null!;
    private InferenceSession _session = null!;
    private RunOptions _options = null!;
    private float[] _features = null!;
    private float[] _outputs = null!;
    private float[][] _rows = null!;

    /// <summary>Widths of the layers.</summary>
    [Params("16-1", "32-64-64-1")]
    public string Layers { get; set; } = "16-1";

    private int Features => int.Parse(Layers.Split('-')[0], CultureInfo.InvariantCulture);

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var onnx = DenseModel.Create(Layers);
        _served = await ServedModelFixture.CreateAsync(onnx, Features, (in float _, FeatureRows _, int _) => { }, o => o.WithoutKernels());
        _model = _served.Model;
        _mlNet = new MlNetModel(onnx, Features);
        _features = [.. Enumerable.Range(0, RowCount * Features).Select(i => (i % 97) / 97f)];
        _rows = [.. _features.Chunk(Features)];
        _outputs = new float[RowCount];
        using var sessionOptions = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(onnx, sessionOptions);
        _options = new RunOptions();
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _served.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
        _mlNet.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true, Description = "raw Run of all rows")]
    public float Raw()
    {
        using var input = OrtValue.CreateTensorValueFromMemory(_features, [RowCount, Features]);
        using var results = _session.Run(_options, ["x"], [input], ["score"]);
        return results[0].GetTensorDataAsSpan<float>()[0];
    }

    [Benchmark(Description = "IModel.Predict(span, span)")]
    public float SpanToSpan()
    {
        _model.Predict(_features, _outputs);
        return _outputs[0];
    }

    [Benchmark(Description = "ML.NET Transform")]
    public double MlNet() => _mlNet.Transform(_rows);
}
