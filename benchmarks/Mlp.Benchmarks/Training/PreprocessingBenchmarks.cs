using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Benchmarks.Training;

/// <summary>Rows encoded by recipes, column by column and in the graph, beside a loop that treats one row after another; and what learning the recipes costs.</summary>
[MemoryDiagnoser]
[Config(typeof(FewIterations))]
public class PreprocessingBenchmarks : IDisposable
{
    private const int SlotCapacity = 4096;

    private FeatureTable _table = null!;
    private PreprocessingOptions _options = null!;
    private FeatureEncoding _encoding = null!;
    private RowByRow _rowByRow = null!;
    private TrialModel _model = null!;

    /// <summary>Rows, of eight numbers and two texts each.</summary>
    [Params(10_000, 200_000)]
    public int RowCount { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        (_table, _options) = PreprocessingRows.Draw(RowCount, seed: 1);
        _encoding = FeatureEncoding.Learn(_table, RowCount, _options);
        _rowByRow = new RowByRow(_table, RowCount);
        var graph = new OnnxGraphBuilder("encoding");
        var encoded = FeatureEncodingGraph.Write(_encoding, graph).Dense!;
        graph.AddOutput(encoded, OnnxDataType.Float32, OnnxGraphBuilder.Batch, _encoding.Width);
        var onnx = graph.Build();
        var candidate = OnnxScorer.Describe("m", onnx, _encoding.Layout.Columns, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = encoded });
        _model = TrialModel.Open(candidate, new OnnxFiles(onnx, null, WeightStorage.Resident, 0), SlotCapacity, TimeProvider.System);
    }

    /// <summary>A row at a time, a value at a time, dictionaries for texts: what one writes by hand.</summary>
    [Benchmark(Baseline = true)]
    public float RowLoop()
    {
        var row = new float[_rowByRow.Width];
        float sum = 0;
        for (var i = 0; i < RowCount; i++)
        {
            _rowByRow.Encode(i, row);
            sum += row[0];
        }

        return sum;
    }

    /// <summary>The encoding, and all rows widened as a network takes them.</summary>
    [Benchmark]
    public float Encode()
    {
        var rows = _encoding.Encode(_table);
        var batch = new float[SlotCapacity * rows.Width];
        for (var start = 0; start < RowCount; start += SlotCapacity)
        {
            rows.Copy(start, Math.Min(SlotCapacity, RowCount - start), batch);
        }

        return batch[0];
    }

    /// <summary>ONNX Runtime, one thread, filled from the same table.</summary>
    [Benchmark]
    public float Graph()
    {
        for (var start = 0; start < RowCount; start += SlotCapacity)
        {
            TableRows.Copy(_table, start, Math.Min(SlotCapacity, RowCount - start), _model.Slot.Rows);
            _model.Run(0);
        }

        return _model.Slot.Score.Floats[0];
    }

    /// <summary>Learning: medians, quantiles, edges, categories.</summary>
    [Benchmark]
    public int Learn() => FeatureEncoding.Learn(_table, RowCount, _options).Width;

    [GlobalCleanup]
    public void Dispose()
    {
        _model.Dispose();
        GC.SuppressFinalize(this);
    }

    private sealed class FewIterations : ManualConfig
    {
        public FewIterations()
        {
            AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(7));
            HideColumns(Column.Job, Column.Toolchain, Column.Error);
        }
    }
}
