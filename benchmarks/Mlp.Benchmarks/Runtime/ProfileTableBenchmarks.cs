using Apache.Arrow;
using Apache.Arrow.Types;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Benchmarks.Runtime;

/// <summary>A wide table from Arrow: 100,000 rows by 1,000 columns of float32 in ten batches, on one thread and on two, and what it takes to write, read and merge the profile and to get at what tests for drift compare.</summary>
[MemoryDiagnoser]
[Config(typeof(OneShot))]
public class ProfileTableBenchmarks
{
    private const int Rows = 100_000;
    private const int Columns = 1_000;
    private const int BatchCount = 10;

    private RecordBatch[] _batches = [];
    private DataProfile _profile = null!;
    private byte[] _bytes = [];

    [GlobalSetup]
    public void Setup()
    {
        var schema = new Schema([.. Enumerable.Range(0, Columns).Select(i => new Field($"x{i}", FloatType.Default, nullable: true))], null);
        _batches = [.. Enumerable.Range(0, BatchCount).Select(batch => new RecordBatch(schema, Enumerable.Range(0, Columns).Select(column => Create(batch, column)), Rows / BatchCount))];
        _profile = Profile(2);
        _bytes = _profile.ToBytes();
        Console.WriteLine($"// {_bytes.Length} bytes for {Columns} columns.");
    }

    [Benchmark(Baseline = true, Description = "one thread")]
    public DataProfile OneThread() => Profile(1);

    [Benchmark(Description = "two threads")]
    public DataProfile TwoThreads() => Profile(2);

    [Benchmark(Description = "write")]
    public byte[] Write() => _profile.ToBytes();

    [Benchmark(Description = "read")]
    public DataProfile Read() => DataProfile.Parse(_bytes);

    [Benchmark(Description = "distribution functions")]
    public double Distributions() => _profile.Columns.Sum(column => column.ToDistribution()!.RankError);

    [Benchmark(Description = "merge two")]
    public DataProfile Merge() => _profile.Merge(_profile);

    private static FloatArray Create(int batch, int column)
    {
        var random = new Random((batch * Columns) + column);
        var values = new FloatArray.Builder().Reserve(Rows / BatchCount);
        for (var i = 0; i < Rows / BatchCount; i++)
        {
            // Every tenth column has nulls, and every tenth few values.
            _ = column % 10 == 0 && random.Next(20) == 0 ? values.AppendNull()
                : values.Append(column % 10 == 1 ? random.Next(7) : (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));
        }

        return values.Build();
    }

    private DataProfile Profile(int threads)
    {
        var builder = new DataProfileBuilder(new() { MaximumParallelism = threads });
        foreach (var batch in _batches)
        {
            builder.Add(batch);
        }

        return builder.Build();
    }

    private sealed class OneShot : ManualConfig
    {
        public OneShot() => AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithInvocationCount(1)
            .WithUnrollFactor(1)
            .WithWarmupCount(2)
            .WithIterationCount(7));
    }
}
