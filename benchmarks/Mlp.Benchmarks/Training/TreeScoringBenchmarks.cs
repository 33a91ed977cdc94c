using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.ML.OnnxRuntime;
using Mlp.Training.Trees;
using Mlp.Training.Trees.Interop;
using Perfolizer.Horology;

namespace Mlp.Benchmarks.Training;

/// <summary>
/// A converted model in ONNX Runtime beside LightGBM's own predictor (its fast path for a single row, its matrix for many), on one thread: 100 trees of 31 leaves over 20 features. Each
/// call takes other rows of a larger table, so that no processor learns the way of one row by heart.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(ManyIterations))]
public class TreeScoringBenchmarks : IDisposable
{
    private const int TableRows = 16_384;

    private readonly RunOptions _options = new();
    private readonly Dictionary<string, (InferenceSession Session, OrtIoBinding Binding)> _sessions = [];
    private float[] _table = null!;
    private float[] _input = null!;
    private float[] _output = null!;
    private double[] _scores = null!;
    private LightGbmBooster _booster = null!;
    private LightGbmRowPredictor _predictor = null!;
    private int _next;

    /// <summary>Rows of a call.</summary>
    [Params(1, 4096)]
    public int BatchSize { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        const string Parameters = "verbosity=-1 objective=binary num_leaves=31 deterministic=true force_row_wise=true";
        var (rows, labels) = RandomTreeRows.Draw(20_000, seed: 1);
        using var threads = new LightGbmThreads(1);
        using var dataset = LightGbmDataset.FromMatrix(Array.ConvertAll(rows, v => (double)v), RandomTreeRows.Width, Parameters);
        dataset.SetLabels(labels);
        using var trained = LightGbmBooster.Create(dataset, Parameters);
        for (var i = 0; i < 100 && trained.Update(); i++)
        {
        }

        var text = trained.ToText(0);
        _booster = LightGbmBooster.Load(text);
        _predictor = _booster.RowPredictor(RandomTreeRows.Width, LightGbmNative.Normal, "verbosity=-1");
        _table = RandomTreeRows.Draw(TableRows, seed: 2).Rows;
        _input = GC.AllocateArray<float>(BatchSize * RandomTreeRows.Width, pinned: true);
        _output = GC.AllocateArray<float>(BatchSize, pinned: true);
        _scores = new double[BatchSize];
        var model = LightGbmModel.Parse(text);
        Open("float32", model, new TreeConversionOptions { Precision = TreePrecision.Float32 });
        Open("float64", model, new TreeConversionOptions { Precision = TreePrecision.Float64 });
        Open("older", model, new TreeConversionOptions { Precision = TreePrecision.Float32, Operator = TreeOperator.TreeEnsembleRegressor });
    }

    /// <summary>LightGBM.</summary>
    [Benchmark(Baseline = true)]
    public double LightGbm()
    {
        Next();
        if (BatchSize == 1)
        {
            _predictor.Predict(_input, _scores);
        }
        else
        {
            _booster.Predict(_input, RandomTreeRows.Width, LightGbmNative.Normal, _scores, "verbosity=-1");
        }

        return _scores[0];
    }

    /// <summary>TreeEnsemble in float32.</summary>
    [Benchmark]
    public float TreeEnsemble() => Run("float32");

    /// <summary>TreeEnsemble in float64.</summary>
    [Benchmark]
    public float TreeEnsembleFloat64() => Run("float64");

    /// <summary>TreeEnsembleRegressor.</summary>
    [Benchmark]
    public float TreeEnsembleRegressor() => Run("older");

    [GlobalCleanup]
    public void Dispose()
    {
        _predictor.Dispose();
        _booster.Dispose();
        foreach (var (session, binding) in _sessions.Values)
        {
            binding.Dispose();
            session.Dispose();
        }

        _sessions.Clear();
        GC.SuppressFinalize(this);
    }

    private void Open(string name, LightGbmModel model, TreeConversionOptions conversion)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        var session = new InferenceSession(model.ToOnnx(conversion), options);
        var binding = session.CreateIoBinding();
        binding.BindInput("float32", OrtValue.CreateTensorValueFromMemory(_input, [BatchSize, RandomTreeRows.Width]));
        binding.BindOutput(LightGbmModel.ScoreOutput, OrtValue.CreateTensorValueFromMemory(_output, [BatchSize, 1]));
        _sessions.Add(name, (session, binding));
    }

    private float Run(string name)
    {
        Next();
        var (session, binding) = _sessions[name];
        session.RunWithBinding(_options, binding);
        return _output[0];
    }

    private void Next()
    {
        _table.AsSpan(_next * RandomTreeRows.Width, BatchSize * RandomTreeRows.Width).CopyTo(_input);
        _next = (_next + BatchSize) % TableRows;
    }

    private sealed class ManyIterations : ManualConfig
    {
        public ManyIterations()
        {
            AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(20).WithIterationTime(TimeInterval.FromMilliseconds(20)).WithIterationCount(60));
            AddColumn(StatisticColumn.Min, StatisticColumn.Median);
            HideColumns(Column.Job, Column.Toolchain, Column.Error, Column.StdDev, Column.AllocRatio, Column.Gen0);
        }
    }
}
