using System.IO.Hashing;
using System.Runtime.InteropServices;
using Apache.Arrow;
using BenchmarkDotNet.Attributes;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// What a profile (counts, moments, DDSketch, HyperLogLog) costs a value on one core, against the same figures value by value, as one would write them down: Welford's mean and variance, a dictionary of
/// logarithms for quantiles, a hash and a register for distinct values. KLL and frequent items apart, which a profile has where it is asked to, or where a column is categorical.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(ShortIterations))]
public class ProfileBenchmarks : IDisposable
{
    private const int Rows = 65_536;

    private readonly DataProfileBuilder _profile = new(new() { MaximumParallelism = 1 });
    private readonly DataProfileBuilder _ranks = new(new() { MaximumParallelism = 1, QuantileSketch = QuantileSketchKind.Kll });
    private readonly NaiveProfile _naive = new();
    private readonly DDSketch _values = new();
    private readonly HyperLogLog _distinct = new();
    private Moments _moments = new();
    private RecordBatch _batch = null!;
    private double[] _numbers = [];

    [Params("float64", "float32", "int64", "5 % null", "7 values")]
    public string Column { get; set; } = string.Empty;

    [GlobalCleanup]
    public void Dispose()
    {
        _batch?.Dispose();
        GC.SuppressFinalize(this);
    }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _numbers = [.. Enumerable.Range(0, Rows).Select(_ => Column switch
        {
            "int64" => random.Next(100_000),
            "7 values" => random.Next(7),
            _ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()),
        })];
        IArrowArray array = Column switch
        {
            "float32" => new FloatArray.Builder().AppendRange(_numbers.Select(x => (float)x)).Build(),
            "int64" => new Int64Array.Builder().AppendRange(_numbers.Select(x => (long)x)).Build(),
            "5 % null" => _numbers.Aggregate(new DoubleArray.Builder(), (b, x) => random.Next(20) == 0 ? b.AppendNull() : b.Append(x)).Build(),
            _ => new DoubleArray.Builder().AppendRange(_numbers).Build(),
        };
        _batch = new RecordBatch(new Schema([new Field("x", array.Data.DataType, nullable: true)], null), [array], Rows);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Rows, Description = "value by value")]
    public void ValueByValue() => _naive.Add(_numbers);

    [Benchmark(OperationsPerInvoke = Rows, Description = "profile from Arrow")]
    public void Profile() => _profile.Add(_batch);

    [Benchmark(OperationsPerInvoke = Rows, Description = "of it moments")]
    public void AddMoments() => AddBlocks(block => _moments.Add(block));

    [Benchmark(OperationsPerInvoke = Rows, Description = "of it DDSketch")]
    public void AddValues() => _values.Add(_numbers);

    [Benchmark(OperationsPerInvoke = Rows, Description = "of it HyperLogLog")]
    public void AddDistinct() => _distinct.Add(_numbers);

    [Benchmark(OperationsPerInvoke = Rows, Description = "profile with KLL instead")]
    public void ProfileByRank() => _ranks.Add(_batch);

    private void AddBlocks(Action<ReadOnlySpan<double>> add)
    {
        for (var i = 0; i < _numbers.Length; i += 1024)
        {
            add(_numbers.AsSpan(i, 1024));
        }
    }

    private sealed class NaiveProfile
    {
        private readonly double _logarithmOfGamma = Math.Log(1.01 / 0.99);
        private readonly Dictionary<int, long> _bins = [];
        private readonly byte[] _registers = new byte[4096];
        private long _count;
        private long _missing;
        private double _mean;
        private double _squares;
        private double _least = double.PositiveInfinity;
        private double _greatest = double.NegativeInfinity;

        public void Add(ReadOnlySpan<double> values)
        {
            foreach (var value in values)
            {
                if (double.IsNaN(value))
                {
                    _missing++;
                    continue;
                }

                _count++;
                var gap = value - _mean;
                _mean += gap / _count;
                _squares += gap * (value - _mean);
                _least = Math.Min(_least, value);
                _greatest = Math.Max(_greatest, value);
                var bin = value == 0 ? 0 : Math.Sign(value) * (1_000_000 + (int)Math.Ceiling(Math.Log(Math.Abs(value)) / _logarithmOfGamma));
                CollectionsMarshal.GetValueRefOrAddDefault(_bins, bin, out _)++;
                var hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<double>(in value)));
                ref var register = ref _registers[hash >> 52];
                register = Math.Max(register, (byte)(System.Numerics.BitOperations.LeadingZeroCount((hash << 12) | 2048) + 1));
            }
        }
    }
}
