using System.Diagnostics;

namespace Mlp.Benchmarks.Features;

/// <summary>Times of single calls, the two clock reads around each included.</summary>
/// <param name="capacity">Greatest number of calls.</param>
internal sealed class Latencies(int capacity)
{
    private readonly long[] _ticks = new long[capacity];
    private int _count;

    internal int Count => _count;

    internal bool IsFull => _count == _ticks.Length;

    internal static string Header => "p50 / p90 / p99 / p99.9 ns";

    internal void Add(long started) => _ticks[_count++] = Stopwatch.GetTimestamp() - started;

    internal double Quantile(double quantile)
    {
        System.Array.Sort(_ticks, 0, _count);
        return _ticks[(int)(quantile * (_count - 1))] * 1e9 / Stopwatch.Frequency;
    }

    public override string ToString() => FormattableString.Invariant($"{Quantile(0.5):F0} / {Quantile(0.9):F0} / {Quantile(0.99):F0} / {Quantile(0.999):F0}");
}
