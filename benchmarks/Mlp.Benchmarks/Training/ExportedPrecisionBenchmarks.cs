using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.ML.OnnxRuntime;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Perfolizer.Horology;

namespace Mlp.Benchmarks.Training;

/// <summary>
/// One network of 820,000 weights (20 inputs, two hidden layers of 896), exported with float32, float16 and int8, in ONNX Runtime on one thread of the processor. Each call takes other rows of a
/// larger table.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(ShortIterations))]
public class ExportedPrecisionBenchmarks : IDisposable
{
    private const int TableRows = 16_384;

    private readonly RunOptions _options = new();
    private readonly Dictionary<ExportPrecision, (InferenceSession Session, OrtIoBinding Binding)> _sessions = [];
    private float[] _table = null!;
    private float[] _input = null!;
    private float[] _output = null!;
    private int _next;

    /// <summary>Rows of a call.</summary>
    [Params(1, 64, 4096)]
    public int BatchSize { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var (rows, labels) = RandomTreeRows.Draw(4_000, seed: 1);
        using var network = new NetworkTrainer(new NetworkOptions { HiddenLayers = [896, 896], MaxEpochs = 1, Seed = 1, Threads = 1 })
            .FitAsync(RandomTreeRows.ToArrow(rows, labels)).GetAwaiter().GetResult();
        _table = RandomTreeRows.Draw(TableRows, seed: 2).Rows;
        _input = GC.AllocateArray<float>(BatchSize * RandomTreeRows.Width, pinned: true);
        _output = GC.AllocateArray<float>(BatchSize, pinned: true);
        foreach (var precision in Enum.GetValues<ExportPrecision>())
        {
            var model = network.Export(new ExportOptions { Precision = precision });
            Console.WriteLine(
                FormattableString.Invariant($"{precision}: {model.Onnx.Length} bytes, cost {model.ExportProof.Precision?.MaximumDifference}, {string.Join(", ", model.ExportProof.Precision?.Metrics ?? [])}"));
            using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
            var session = new InferenceSession(model.Onnx.ToArray(), options);
            var binding = session.CreateIoBinding();
            binding.BindInput("float32", OrtValue.CreateTensorValueFromMemory(_input, [BatchSize, RandomTreeRows.Width]));
            binding.BindOutput("score", OrtValue.CreateTensorValueFromMemory(_output, [BatchSize, 1]));
            _sessions.Add(precision, (session, binding));
        }
    }

    /// <summary>Float32.</summary>
    [Benchmark(Baseline = true)]
    public float Float32() => Run(ExportPrecision.Float32);

    /// <summary>Float16.</summary>
    [Benchmark]
    public float Float16() => Run(ExportPrecision.Float16);

    /// <summary>Int8.</summary>
    [Benchmark]
    public float Int8() => Run(ExportPrecision.Int8);

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (var (session, binding) in _sessions.Values)
        {
            binding.Dispose();
            session.Dispose();
        }

        _sessions.Clear();
        _options.Dispose();
        GC.SuppressFinalize(this);
    }

    private float Run(ExportPrecision precision)
    {
        _table.AsSpan(_next * RandomTreeRows.Width, BatchSize * RandomTreeRows.Width).CopyTo(_input);
        _next = (_next + BatchSize) % TableRows;
        var (session, binding) = _sessions[precision];
        session.RunWithBinding(_options, binding);
        return _output[0];
    }

    private sealed class ShortIterations : ManualConfig
    {
        public ShortIterations()
        {
            AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationTime(TimeInterval.FromMilliseconds(100)).WithIterationCount(15));
            AddColumn(StatisticColumn.Min, StatisticColumn.Median);
            HideColumns(Column.Job, Column.Toolchain, Column.Error, Column.StdDev, Column.AllocRatio, Column.Gen0);
        }
    }
}
