using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Interop;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>The sum of buffers of two ranks, written to both, on one thread: 16-bit numbers against as many of float32, in the caches and out of them.</summary>
[MemoryDiagnoser]
[Config(typeof(SideBySide))]
public class NarrowReductionBenchmarks
{
    private nint[] _addresses = null!;
    private byte[][] _buffers = null!;

    /// <summary>Numbers of each rank.</summary>
    [Params(1 << 13, 1 << 22)]
    public int Count { get; set; }

    [GlobalSetup]
    public void Allocate()
    {
        _buffers = [.. Enumerable.Range(0, 2).Select(_ => GC.AllocateArray<byte>((Count * sizeof(float)) + 64, pinned: true))];
        _addresses = [.. _buffers.Select(b => (Marshal.UnsafeAddrOfPinnedArrayElement(b, 0) + 63) & ~63)];
    }

    /// <summary>4 bytes each.</summary>
    [Benchmark(Baseline = true)]
    public void Float32() => FusedReduction.Run(ElementType.Float32, ReduceOperation.Sum, _addresses, _addresses, Count);

    /// <summary>2 bytes each, added up in float32.</summary>
    [Benchmark]
    public void Float16() => FusedReduction.Run(ElementType.Float16, ReduceOperation.Sum, _addresses, _addresses, Count);

    /// <summary>2 bytes each, added up in float32.</summary>
    [Benchmark]
    public void BFloat16() => FusedReduction.Run(ElementType.BFloat16, ReduceOperation.Sum, _addresses, _addresses, Count);
}
