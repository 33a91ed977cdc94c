using Apache.Arrow;
using BenchmarkDotNet.Attributes;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;

namespace Mlp.Benchmarks.Training;

/// <summary>What a recipe costs in service: one text or timestamp encoded by ONNX Runtime on one thread, beside a plain one-hot encoding of the same text.</summary>
[MemoryDiagnoser]
public class CategoryRecipeBenchmarks : IDisposable
{
    private const int Cities = 300;
    private const int LearnedRows = 5000;

    private readonly Dictionary<string, (InferenceSession Session, NamedOnnxValue[] Inputs)> _sessions = [];

    /// <summary>Rows of a call.</summary>
    [Params(1, 4096)]
    public int BatchSize { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        string[] cities = [.. Enumerable.Range(0, Cities).Select(i => $"city number {i}")];
        string[] words = [.. Enumerable.Range(0, 500).Select(i => $"word{i}")];
        string City() => cities[random.Next(Cities)];
        string Comment() => string.Join(' ', Enumerable.Range(0, 12).Select(_ => words[random.Next(words.Length)]));
        OpenTexts(nameof(OneHot), City, r => r.OneHot());
        OpenTexts(nameof(Target), City, r => r.TargetEncode());
        OpenTexts(nameof(Embed), City, r => r.Embed());
        OpenTexts(nameof(HashOfText), City, r => r.Hash(64));
        OpenTexts(nameof(BagOfTerms), Comment, r => r.BagOfTerms(maximumTerms: 64));
        OpenTexts(nameof(HashTerms), Comment, r => r.HashTerms(64));
        OpenIntegers(nameof(HashOfInteger), () => random.Next(100_000), r => r.Hash(64));
        OpenIntegers(nameof(Dates), () => random.NextInt64(2_000_000_000_000_000), r => r.TakeDateParts(DateParts.Year | DateParts.Weekend, DateParts.Hour | DateParts.Weekday | DateParts.Month));
    }

    /// <summary>64 slots by a table.</summary>
    [Benchmark(Baseline = true)]
    public float OneHot() => Run(nameof(OneHot));

    /// <summary>One number by a table.</summary>
    [Benchmark]
    public float Target() => Run(nameof(Target));

    /// <summary>One id by a table.</summary>
    [Benchmark]
    public long Embed()
    {
        var (session, inputs) = _sessions[nameof(Embed)];
        using var outputs = session.Run(inputs);
        return outputs[0].AsTensor<long>().GetValue(0);
    }

    /// <summary>64 buckets by the letters.</summary>
    [Benchmark]
    public float HashOfText() => Run(nameof(HashOfText));

    /// <summary>64 buckets by the two halves.</summary>
    [Benchmark]
    public float HashOfInteger() => Run(nameof(HashOfInteger));

    /// <summary>Two numbers and three circles.</summary>
    [Benchmark]
    public float Dates() => Run(nameof(Dates));

    /// <summary>64 known words of a comment of twelve.</summary>
    [Benchmark]
    public float BagOfTerms() => Run(nameof(BagOfTerms));

    /// <summary>64 buckets for the words of a comment of twelve.</summary>
    [Benchmark]
    public float HashTerms() => Run(nameof(HashTerms));

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (var (session, _) in _sessions.Values)
        {
            session.Dispose();
        }

        _sessions.Clear();
        GC.SuppressFinalize(this);
    }

    private float Run(string name)
    {
        var (session, inputs) = _sessions[name];
        using var outputs = session.Run(inputs);
        return outputs[0].AsTensor<float>().GetValue(0);
    }

    private void OpenTexts(string name, Func<string> draw, Action<FeatureRecipe> set)
    {
        var learned = new StringArray.Builder().AppendRange(Enumerable.Range(0, LearnedRows).Select(_ => draw())).Build();
        Open(name, learned, FeatureType.String, set, new DenseTensor<string>(Enumerable.Range(0, BatchSize).Select(_ => draw()).ToArray(), [BatchSize, 1]));
    }

    private void OpenIntegers(string name, Func<long> draw, Action<FeatureRecipe> set)
    {
        var learned = new Int64Array.Builder().AppendRange(Enumerable.Range(0, LearnedRows).Select(_ => draw())).Build();
        Open(name, learned, FeatureType.Int64, set, new DenseTensor<long>(Enumerable.Range(0, BatchSize).Select(_ => draw()).ToArray(), [BatchSize, 1]));
    }

    private void Open<T>(string name, IArrowArray learned, FeatureType type, Action<FeatureRecipe> set, DenseTensor<T> served)
    {
        var options = new PreprocessingOptions();
        set(options.For("x"));
        using var batch = new RecordBatch(new Schema([new Field("x", learned.Data.DataType, nullable: true)], metadata: null), [learned], learned.Length);
        var table = FeatureTable.Of(batch, [new FeatureColumn("x", type, "view")]);
        var learner = new FeatureEncodingLearner(table.Layout, options, new(ModelTask.BinaryClassification, 1, 1));
        learner.Add(table, table.RowCount, [.. Enumerable.Range(0, table.RowCount).Select(i => (double)(i % 2))]);
        var encoding = learner.Complete();
        var graph = new OnnxGraphBuilder(name);
        var encoded = FeatureEncodingGraph.Write(encoding, graph);
        if (encoded.Dense is not null)
        {
            graph.AddOutput(encoded.Dense, OnnxDataType.Float32, OnnxGraphBuilder.Batch, encoding.Width);
        }
        else
        {
            graph.AddOutput(encoded.Ids!, OnnxDataType.Int64, OnnxGraphBuilder.Batch, 1);
        }

        using var settings = new SessionOptions { IntraOpNumThreads = 1 };
        var status = new DenseTensor<byte>(Enumerable.Repeat((byte)FeatureStatus.Present, BatchSize).ToArray(), [BatchSize, 1]);
        _sessions.Add(
            name,
            (new InferenceSession(graph.Build(), settings), [NamedOnnxValue.CreateFromTensor(FeatureBinding.BlockName(type), served), NamedOnnxValue.CreateFromTensor(FeatureBinding.StatusInput, status)]));
    }
}
