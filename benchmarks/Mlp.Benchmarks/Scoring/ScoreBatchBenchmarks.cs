using Apache.Arrow;
using Apache.Arrow.Types;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using DuckDB.NET.Data;
using Microsoft.ML.OnnxRuntime;
using Mlp.Benchmarks.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Scoring;
using Mlp.TestSupport;
using Perfolizer.Horology;
using static Mlp.TestSupport.OnnxBytes;
using Column = BenchmarkDotNet.Columns.Column;

namespace Mlp.Benchmarks.Scoring;

/// <summary>
/// A table of float columns through a linear model: our scoring of columns wherever they lie, beside the least that ONNX Runtime can do on a tensor that is ready (the baseline) and beside
/// the other ways to bring columns to it: one contiguous block with the transpose in the graph, and one input per column with a Concat, copied or bound where the columns lie.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(ShortConfig))]
public class ScoreBatchBenchmarks : IDisposable
{
    private static readonly ScoringOptions ScoresOnly = new() { Columns = [] };

    private readonly RunOptions _runOptions = new();
    private readonly List<IDisposable> _owned = [];
    private ServedModelFixture _served = null!;
    private ServedModelFixture _kernel = null!;
    private IModel _model = null!;
    private RecordBatch _foreign = null!;
    private RecordBatch _block = null!;
    private RecordBatch _parquet = null!;
    private float[][] _columns = null!;
    private float[] _slab = null!;
    private float[] _outputs = null!;
    private InferenceSession _rows = null!;
    private InferenceSession _transpose = null!;
    private InferenceSession _concat = null!;
    private OrtIoBinding _rowsBinding = null!;
    private OrtIoBinding _transposeBinding = null!;
    private OrtIoBinding _concatBinding = null!;
    private string[] _names = null!;

    [Params(128)]
    public int Columns { get; set; }

    [Params(1024)]
    public int Rows { get; set; }

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var random = new Random(1);
        _names = [.. Enumerable.Range(0, Columns).Select(i => $"f{i}")];
        _columns = [.. _names.Select(_ => Enumerable.Range(0, Rows).Select(_ => random.NextSingle()).ToArray())];
        _slab = GC.AllocateArray<float>(Columns * Rows, pinned: true);
        for (var i = 0; i < Columns; i++)
        {
            _columns[i].CopyTo(_slab, i * Rows);
        }

        _served = await ServedModelFixture.CreateAsync(OnnxBytes.Linear(Columns, 1), Columns, (in int _, FeatureRows _, int _) => { }, o => o.WithoutKernels());
        _model = _served.Model;
        _kernel = await ServedModelFixture.CreateAsync(OnnxBytes.Linear(Columns, 1), Columns, (in int _, FeatureRows _, int _) => { });
        _foreign = Batch(i => new FloatArray.Builder().AppendRange(_columns[i]).Build());
        _block = Batch(i => new FloatArray(new ArrayData(
            FloatType.Default, Rows, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(BytesOf(_slab, i * Rows * sizeof(float), Rows * sizeof(float)))])));
        _parquet = await ReadParquetAsync();
        SetUpRaw();

        // The first case would pay for the compiler's second look at the code.
        for (var i = 0; i < 3000; i++)
        {
            await ForeignAsync();
            await ForeignKeptAsync();
        }
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _served.DisposeAsync();
        await _kernel.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        _owned.ForEach(o => o.Dispose());
        _runOptions.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true, Description = "raw run, rows ready")]
    public void RawRows() => _rows.RunWithBinding(_runOptions, _rowsBinding);

    [Benchmark(Description = "ScoreAsync, separate buffers")]
    public async Task<int> ForeignAsync() => await LengthAsync(_foreign, ScoresOnly);

    [Benchmark(Description = "ScoreAsync, separate buffers, kernel")]
    public async Task<int> KernelAsync()
    {
        using var scored = await _kernel.Model.ScoreAsync(_foreign, ScoresOnly);
        return scored.Length;
    }

    [Benchmark(Description = "ScoreAsync, one contiguous block")]
    public async Task<int> BlockAsync() => await LengthAsync(_block, ScoresOnly);

    [Benchmark(Description = "ScoreAsync, read from Parquet")]
    public async Task<int> ParquetAsync() => await LengthAsync(_parquet, ScoresOnly);

    [Benchmark(Description = "ScoreAsync, separate buffers, all columns kept")]
    public async Task<int> ForeignKeptAsync() => await LengthAsync(_foreign, ScoringOptions.Default);

    [Benchmark(Description = "raw run, block, transpose in the graph")]
    public void RawTranspose() => _transpose.RunWithBinding(_runOptions, _transposeBinding);

    [Benchmark(Description = "raw run, columns copied into a block, transpose in the graph")]
    public void RawCopyAndTranspose()
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i].CopyTo(_slab, i * Rows);
        }

        _transpose.RunWithBinding(_runOptions, _transposeBinding);
    }

    [Benchmark(Description = "raw run, one input per column, bound once")]
    public void RawConcat() => _concat.RunWithBinding(_runOptions, _concatBinding);

    [Benchmark(Description = "raw run, one input per column, bound where it lies")]
    public void RawConcatBound()
    {
        using var binding = _concat.CreateIoBinding();
        using var output = OrtValue.CreateTensorValueFromMemory(_outputs, [Rows, 1]);
        var values = System.Array.ConvertAll(_columns, c => OrtValue.CreateTensorValueFromMemory(c, [Rows, 1]));
        for (var i = 0; i < values.Length; i++)
        {
            binding.BindInput(_names[i], values[i]);
        }

        binding.BindOutput("score", output);
        _concat.RunWithBinding(_runOptions, binding);
        foreach (var value in values)
        {
            value.Dispose();
        }
    }

    private static Memory<byte> BytesOf(float[] values, int offset, int length) => new SlabMemory(values).Memory.Slice(offset, length);

    private async Task<int> LengthAsync(RecordBatch batch, ScoringOptions options)
    {
        using var scored = await _model.ScoreAsync(batch, options);
        return scored.Length;
    }

    private RecordBatch Batch(Func<int, IArrowArray> column)
        => new(new Schema(_names.Select(n => new Field(n, FloatType.Default, true)), null), Enumerable.Range(0, Columns).Select(column), Rows);

    private async Task<RecordBatch> ReadParquetAsync()
    {
        var path = Path.Combine(Path.GetTempPath(), $"mlp-benchmark-{Guid.NewGuid():N}.parquet");
        try
        {
            await using var connection = new DuckDBConnection("DataSource=:memory:");
            await connection.OpenAsync();
            await using var command = (DuckDBCommand)connection.CreateCommand();
            command.CommandText = $"COPY (SELECT {string.Join(", ", _names.Select(n => $"random()::FLOAT AS {n}"))} FROM range({Rows})) TO '{path}' (FORMAT parquet)";
            await command.ExecuteNonQueryAsync();
            command.CommandText = $"SELECT * FROM read_parquet('{path}')";
            await foreach (var batch in command.ExecuteArrowBatchesAsync())
            {
                return batch.Length == Rows ? batch : throw new InvalidOperationException($"Expected one batch of {Rows} rows, but found {batch.Length}.");
            }

            throw new InvalidOperationException("Expected a batch, but found none.");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private void SetUpRaw()
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        var weights = FloatInitializer("W", 1, Columns, 1);
        var product = Node("MatMul", ["x", "W"], ["score"]);
        var output = Output("score", Float, "N", 1);
        _rows = Own(new InferenceSession(OnnxBytes.Linear(Columns, 1), options));
        _transpose = Own(new InferenceSession(Model(Graph(NodeWith("Transpose", ["columns"], "x", "perm", 7, Integer(8, 1), Integer(8, 0)), product, weights, Input("columns", Float, Columns, "N"), output)), options));
        _concat = Own(new InferenceSession(Model(Graph([NodeWith("Concat", _names, "x", "axis", 2, Integer(3, 1)), product, weights, .. _names.Select(n => Input(n, Float, "N", 1)), output])), options));
        _outputs = GC.AllocateArray<float>(Rows, pinned: true);
        var result = Own(OrtValue.CreateTensorValueFromMemory(_outputs, [Rows, 1]));
        _rowsBinding = Bind(_rows, result, ("x", Own(OrtValue.CreateTensorValueFromMemory(new float[Rows * Columns], [Rows, Columns]))));
        _transposeBinding = Bind(_transpose, result, ("columns", Own(OrtValue.CreateTensorValueFromMemory(_slab, [Columns, Rows]))));
        _concatBinding = Bind(_concat, result, [.. _names.Select((n, i) => (n, Own(OrtValue.CreateTensorValueFromMemory(_columns[i], [Rows, 1]))))]);
    }

    private OrtIoBinding Bind(InferenceSession session, OrtValue output, params (string Name, OrtValue Value)[] inputs)
    {
        var binding = Own(session.CreateIoBinding());
        foreach (var (name, value) in inputs)
        {
            binding.BindInput(name, value);
        }

        binding.BindOutput("score", output);
        return binding;
    }

    private T Own<T>(T value)
        where T : IDisposable
    {
        _owned.Insert(0, value);
        return value;
    }

    private static byte[] NodeWith(string operation, string[] inputs, string output, string attribute, int type, params byte[][] values)
        => Bytes(1, Message([.. inputs.Select(i => Text(1, i)), Text(2, output), Text(4, operation), Bytes(5, Message([Text(1, attribute), .. values, Integer(20, type)]))]));

    private sealed class ShortConfig : ManualConfig
    {
        public ShortConfig()
        {
            // In this process: the natives of the other libraries are 450 MB to copy for a process of its own.
            AddJob(Job.Default
                .WithToolchain(InProcessEmitToolchain.Instance)
                .WithWarmupCount(30)
                .WithIterationTime(TimeInterval.FromMilliseconds(10))
                .WithIterationCount(200));
            AddColumn(StatisticColumn.Min, StatisticColumn.Q1, StatisticColumn.Median);
            HideColumns(Column.Job, Column.Toolchain, Column.Error, Column.StdDev, Column.RatioSD, Column.AllocRatio, Column.Gen0);
        }
    }
}
