using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mlp.Runtime.Data;
using Perfolizer.Horology;

namespace Mlp.Benchmarks.Features;

/// <summary>
/// Reads 256 random entities of 32 float features, all in memory, on one thread; numbers are per entity. The baseline is FASTER alone: the same bytes under the same keys, copied out in the read
/// callback and no more. Ours adds the session pool, keys encoded from typed values, time to live, a status per value and an event time.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(Iterations))]
#pragma warning disable CA1001 // The fixture is shared by the cases and disposed when the process ends.
public class OnlineReadBenchmarks
#pragma warning restore CA1001
{
    private const int Batch = 256;
    private const int Stride = 256;

    // A million rows take longer to write than to read, so the cases of one size share them.
    private static OnlineReadFixture? _shared;

    private readonly ConcurrentDictionary<long, float[]> _dictionary = new();
    private readonly float[] _copied = new float[Batch * OnlineReadFixture.Fields];
    private readonly byte[] _destination = GC.AllocateArray<byte>(Batch * Stride, pinned: true);
    private OnlineReadFixture _fixture = null!;
    private FeatureRows _rows = null!;
    private FeatureRows _row = null!;
    private nint _address;
    private int _next;

    /// <summary>Number of entities in the store.</summary>
    [Params(10_000, 1_000_000)]
    public int Rows { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _fixture = await ShareAsync(Rows);
        _address = Marshal.UnsafeAddrOfPinnedArrayElement(_destination, 0);
        _rows = new FeatureRows(_fixture.Tiered.Description.Layout, Batch);
        _row = new FeatureRows(_fixture.Tiered.Description.Layout, 1);
    }

    [GlobalSetup(Target = nameof(DictionaryCopy))]
    public async Task SetupDictionaryAsync()
    {
        await SetupAsync();
        var random = new Random(5);
        for (var id = 0; id < Rows; id++)
        {
            var values = new float[OnlineReadFixture.Fields];
            foreach (ref var value in values.AsSpan())
            {
                value = random.NextSingle();
            }

            _dictionary[id] = values;
        }
    }

    [Benchmark(Baseline = true, Description = "FASTER alone, 256 reads", OperationsPerInvoke = Batch)]
    public int RawFaster()
    {
        var first = NextBatch();
        var found = 0;
        for (var i = 0; i < Batch; i++)
        {
            found += _fixture.Raw.Read(_fixture.Encoded[first + i], _address + (i * Stride)) ? 1 : 0;
        }

        return found;
    }

    [Benchmark(Description = "Service, hot tier, one call for 256", OperationsPerInvoke = Batch)]
    public void TieredBatch() => OnlineReadFixture.Read(_fixture.Tiered, _fixture.Keys.AsMemory(NextBatch(), Batch), _fixture.AsOf, _rows, Batch);

    [Benchmark(Description = "Service, hot tier, 256 calls for one", OperationsPerInvoke = Batch)]
    public void TieredSingle() => ReadSingles(_fixture.Tiered);

    [Benchmark(Description = "Service, no hot tier, one call for 256", OperationsPerInvoke = Batch)]
    public void PlainBatch() => OnlineReadFixture.Read(_fixture.Plain, _fixture.Keys.AsMemory(NextBatch(), Batch), _fixture.AsOf, _rows, Batch);

    [Benchmark(Description = "Service, no hot tier, 256 calls for one", OperationsPerInvoke = Batch)]
    public void PlainSingle() => ReadSingles(_fixture.Plain);

    [Benchmark(Description = "ConcurrentDictionary and copy, 256 reads", OperationsPerInvoke = Batch)]
    public int DictionaryCopy()
    {
        var first = NextBatch();
        var found = 0;
        for (var i = 0; i < Batch; i++)
        {
            if (_dictionary.TryGetValue(_fixture.Ids[first + i], out var values))
            {
                values.CopyTo(_copied, i * OnlineReadFixture.Fields);
                found++;
            }
        }

        return found;
    }

    private static async Task<OnlineReadFixture> ShareAsync(int rows)
    {
        if (_shared?.Rows == rows)
        {
            return _shared;
        }

        if (_shared is null)
        {
            AppDomain.CurrentDomain.ProcessExit += static (_, _) => _shared?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        else
        {
            await _shared.DisposeAsync();
        }

        return _shared = await OnlineReadFixture.CreateAsync(OnlineReadKey.All[0], rows);
    }

    private void ReadSingles(IFeatureServiceReader reader)
    {
        var first = NextBatch();
        for (var i = 0; i < Batch; i++)
        {
            OnlineReadFixture.Read(reader, _fixture.Keys.AsMemory(first + i, 1), _fixture.AsOf, _row, 1);
        }
    }

    private int NextBatch()
    {
        var first = _next;
        _next = (first + Batch) & (OnlineReadFixture.Asked - 1);
        return first;
    }

    /// <summary>In this process: the natives of the other libraries are 450 MB to copy for a process of its own.</summary>
    private sealed class Iterations : ManualConfig
    {
        public Iterations()
        {
            AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(10).WithIterationTime(TimeInterval.FromMilliseconds(50)).WithIterationCount(40));
            AddColumn(StatisticColumn.Min, StatisticColumn.Median);
            HideColumns(Column.Job, Column.Toolchain, Column.RatioSD, Column.AllocRatio, Column.Gen0);
        }
    }
}
