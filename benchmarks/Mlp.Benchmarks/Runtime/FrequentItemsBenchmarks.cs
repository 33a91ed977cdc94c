using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using BenchmarkDotNet.Attributes;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Benchmarks.Runtime;

/// <summary>What a profile of texts (frequent items, HyperLogLog) costs a value on one core, from texts and from a dictionary, against a dictionary of all texts, whose memory has no bound.</summary>
[MemoryDiagnoser]
[Config(typeof(ShortIterations))]
public class FrequentItemsBenchmarks : IDisposable
{
    private const int Rows = 65_536;

    private readonly DataProfileBuilder _fromTexts = new(new() { MaximumParallelism = 1 });
    private readonly DataProfileBuilder _fromDictionary = new(new() { MaximumParallelism = 1 });
    private readonly Dictionary<string, long> _all = new(StringComparer.Ordinal);
    private RecordBatch _texts = null!;
    private RecordBatch _dictionary = null!;

    [Params(20, 700, 20_000)]
    public int Categories { get; set; }

    [GlobalCleanup]
    public void Dispose()
    {
        _texts?.Dispose();
        _dictionary?.Dispose();
        GC.SuppressFinalize(this);
    }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);

        // Frequencies as 1 / rank.
        var codes = Enumerable.Range(0, Rows).Select(_ => (int)Math.Pow(Categories, random.NextDouble()) - 1).ToArray();
        var names = Enumerable.Range(0, Categories).Select(i => $"category {i}").ToArray();
        var texts = new StringArray.Builder().AppendRange(codes.Select(code => names[code])).Build();
        var type = new DictionaryType(Int32Type.Default, StringType.Default, ordered: false);
        var dictionary = new DictionaryArray(type, new Int32Array.Builder().AppendRange(codes).Build(), new StringArray.Builder().AppendRange(names).Build());
        _texts = new RecordBatch(new Schema([new Field("x", StringType.Default, nullable: true)], null), [texts], Rows);
        _dictionary = new RecordBatch(new Schema([new Field("x", type, nullable: true)], null), [dictionary], Rows);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Rows, Description = "dictionary of all texts")]
    public void CountAll()
    {
        var texts = (StringArray)_texts.Column(0);
        for (var i = 0; i < texts.Length; i++)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_all, Encoding.UTF8.GetString(texts.GetBytes(i)), out _)++;
        }
    }

    [Benchmark(OperationsPerInvoke = Rows, Description = "profile of texts")]
    public void FromTexts() => _fromTexts.Add(_texts);

    [Benchmark(OperationsPerInvoke = Rows, Description = "profile of a dictionary column")]
    public void FromDictionary() => _fromDictionary.Add(_dictionary);
}
