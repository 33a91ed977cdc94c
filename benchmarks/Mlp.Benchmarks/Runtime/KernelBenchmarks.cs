using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Kernels.Recognition;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Perfolizer.Horology;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// The kernel of a model beside ONNX Runtime: both run from memory that is bound once, on one thread, the same rows; then the call path that serves, with whichever engine it has chosen.
/// The rows of trees change from run to run, so that no processor learns the way of one row through two hundred trees by heart: each run copies its rows from a larger table, which all rows
/// of the result do, and which the last row of the result measures alone. A weighted sum takes the same way whatever the row is.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(RatioIterations))]
public class KernelBenchmarks : IDisposable
{
    private const int TableRows = 1024;

    private ServedModelFixture _served = null!;
    private IModel _model = null!;
    private InferenceSession _session = null!;
    private RunOptions _options = null!;
    private OrtIoBinding _binding = null!;
    private OrtValue _input = null!;
    private OrtValue _output = null!;
    private KernelShape _kernel = null!;
    private ScoreBuffer _score = null!;
    private FeatureRows _rows = null!;
    private float[] _table = null!;
    private float[] _features = null!;
    private float[] _outputs = null!;
    private int _next;
    private bool _isLinear;

    /// <summary>Models and numbers of rows.</summary>
    public static IEnumerable<object[]> Cases()
    {
        foreach (var rowCount in (int[])[1, 64])
        {
            yield return ["logistic 32-1", rowCount];
        }

        foreach (var rowCount in (int[])[1, 16, 256])
        {
            yield return ["200 trees of depth 6", rowCount];
        }

        foreach (var name in KernelSubject.HasReference ? KernelSubject.ReferenceModels : [])
        {
            foreach (var rowCount in (int[])[1, 16, 256])
            {
                yield return [name, rowCount];
            }
        }
    }

    /// <summary>The model and the number of rows.</summary>
    [ParamsSource(nameof(CaseNames))]
    public string Case { get; set; } = "logistic 32-1 x 1";

    /// <summary>The cases as they stand in the result.</summary>
    public static IEnumerable<string> CaseNames() => Cases().Select(c => $"{c[0]} x {c[1]}");

    private int RowCount => (int)Cases().First(c => $"{c[0]} x {c[1]}" == Case)[1];

    private string Model => (string)Cases().First(c => $"{c[0]} x {c[1]}" == Case)[0];

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var subject = KernelSubject.Create(Model);
        var random = new Random(1);
        _isLinear = Model.StartsWith("logistic", StringComparison.Ordinal);
        _table = [.. Enumerable.Range(0, TableRows * subject.Features).Select(_ => random.NextSingle())];
        _features = new float[RowCount * subject.Features];
        _outputs = new float[RowCount];
        _served = await ServedModelFixture.CreateAsync(subject.Onnx, subject.Features, (in float _, FeatureRows _, int _) => { }, score: subject.Output);
        _model = _served.Model;
        _table.AsSpan(0, _features.Length).CopyTo(_features);
        SetUpRaw(subject);
        SetUpKernel(subject);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _served.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        _kernel.Dispose();
        _binding.Dispose();
        _input.Dispose();
        _output.Dispose();
        _options.Dispose();
        _session.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true, Description = "raw RunWithBinding")]
    public float Raw()
    {
        NextRows(_features);
        _session.RunWithBinding(_options, _binding);
        return _outputs[0];
    }

    [Benchmark(Description = "kernel")]
    public float Kernel()
    {
        NextRows(_rows.Float32);
        _kernel.Run(_options);
        return _score.Floats[0];
    }

    [Benchmark(Description = "IModel.Predict(span, span)")]
    public float Served()
    {
        NextRows(_features);
        _model.Predict(_features, _outputs);
        return _outputs[0];
    }

    [Benchmark(Description = "copy of the rows alone")]
    public float Copy()
    {
        NextRows(_features);
        return _features[0];
    }

    private void NextRows(Span<float> features)
    {
        if (_isLinear)
        {
            return;
        }

        _next = _next + features.Length > _table.Length - features.Length ? 0 : _next + features.Length;
        _table.AsSpan(_next, features.Length).CopyTo(features);
    }

    private void SetUpRaw(KernelSubject subject)
    {
        using var sessionOptions = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(subject.Onnx, sessionOptions);
        _options = new RunOptions();
        _input = OrtValue.CreateTensorValueFromMemory(_features, [RowCount, subject.Features]);
        _output = OrtValue.CreateTensorValueFromMemory(_outputs, [RowCount, 1]);
        _binding = _session.CreateIoBinding();
        _binding.BindInput(subject.Input, _input);
        _binding.BindOutput(subject.Output, _output);
    }

    private void SetUpKernel(KernelSubject subject)
    {
        var inputs = InputPlan.ForFeatures(_model.Manifest!, _model.Description!.Layout);
        var program = GraphRecogniser.Recognise("benchmark", subject.Onnx, inputs.Inputs, subject.Output, KernelElement.Float32, 1);
        _rows = new FeatureRows(inputs.Layout, RowCount);
        _rows.Reset(RowCount);
        _features.CopyTo(_rows.Float32);
        _score = new ScoreBuffer(new OutputPlan(subject.Output, TensorElementType.Float, 2, 1, IsAsDeclared: true), RowCount);
        _kernel = new KernelShape(program, [.. inputs.Inputs.Select(i => InputBuffer.Create(i, _rows))], _score, RowCount);
    }

    /// <summary>As in the other benchmarks of calls, with the ratio to the baseline.</summary>
    private sealed class RatioIterations : ManualConfig
    {
        public RatioIterations()
        {
            AddJob(Job.Default
                .WithToolchain(InProcessEmitToolchain.Instance)
                .WithWarmupCount(20)
                .WithIterationTime(TimeInterval.FromMilliseconds(5))
                .WithIterationCount(100));
            AddColumn(StatisticColumn.Min, StatisticColumn.Median);
            HideColumns(Column.Job, Column.Toolchain, Column.Error, Column.StdDev, Column.AllocRatio, Column.Gen0);
        }
    }
}
