using System.Diagnostics;
using System.Globalization;

namespace Mlp.Benchmarks.Soaks;

/// <summary>Reads the memory of the process at intervals of work, prints it, and judges at the end. Not thread-safe.</summary>
/// <param name="unit">What is counted as work: "swaps".</param>
/// <param name="total">Units of work of the whole run.</param>
/// <param name="judgesAnonymous">Whether not only what is held must not grow, but the whole anonymous memory neither, with what allocators keep in reserve: not from the beginning to the end.</param>
internal sealed class SoakReport(string unit, int total, bool judgesAnonymous = false)
{
    private const int Readings = 50;
    private const double WarmUpShare = 0.2;

    private readonly List<(double Work, MemoryReading Memory, MemoryReading? AtOnce)> _readings = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>Whether a reading is due.</summary>
    /// <param name="done">Units of work done.</param>
    public bool IsDue(int done) => done % Math.Max(1, total / Readings) == 0;

    /// <summary>Takes a reading.</summary>
    /// <param name="done">Units of work done.</param>
    /// <param name="calls">Calls answered so far.</param>
    /// <param name="failures">Calls that failed so far.</param>
    /// <param name="reading">The memory; null for that of this process.</param>
    /// <param name="atOnce">The memory before a rest, where there was one.</param>
    public void Progress(int done, long calls, long failures, MemoryReading? reading = null, MemoryReading? atOnce = null)
    {
        var memory = reading ?? MemoryReading.Take();
        _readings.Add((done, memory, atOnce));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{done,7} {unit}  {_watch.Elapsed.TotalSeconds,6:0} s  {calls,12:N0} calls  {failures} failed  {memory}"));
        if (atOnce is not null)
        {
            Console.WriteLine($"        before the rest: {atOnce}");
        }
    }

    /// <summary>Prints the verdict.</summary>
    /// <param name="calls">Calls answered.</param>
    /// <param name="failures">Calls that failed, or were answered wrongly.</param>
    /// <param name="problem">What else went wrong; null for nothing.</param>
    /// <returns>The exit code: 0 when nothing failed and nothing grew.</returns>
    public int Judge(long calls, long failures, string? problem = null)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{calls:N0} calls, {failures} failed, in {_watch.Elapsed.TotalSeconds:0} s. From {WarmUpShare:P0} of the run on:"));
        var held = Fit("held", static r => r.HeldBytes);
        Fit("native in use", static r => r.Native.InUseBytes + r.Native.MappedBytes);
        Fit("managed", static r => r.ManagedBytes);
        Fit("holes", static r => r.HoleBytes);
        Fit("collector's reserve", static r => r.CommittedBytes - r.ManagedBytes);
        Fit("RssAnon", static r => r.AnonymousBytes);
        if (_readings.TrueForAll(r => r.AtOnce is not null))
        {
            Fit("RssAnon before the rest", _readings.Select(r => (r.Work, r.AtOnce!.AnonymousBytes)));
        }

        var grows = held.IsUpward || (judgesAnonymous && MemoryTrend.IsUpwardThroughout(Judged(_readings.Select(r => (r.Work, r.Memory.AnonymousBytes)))));
        var hasPassed = failures == 0 && !grows && problem is null;
        Console.WriteLine(hasPassed ? "PASSED" : $"FAILED: {problem ?? (failures > 0 ? "calls failed" : "memory grows")}");
        return hasPassed ? 0 : 1;
    }

    private MemoryTrend Fit(string name, Func<MemoryReading, long> bytes) => Fit(name, _readings.Select(r => (r.Work, bytes(r.Memory))));

    private MemoryTrend Fit(string name, IEnumerable<(double Work, long Bytes)> readings)
    {
        var trend = MemoryTrend.Fit(Judged(readings));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: median {trend.MedianBytes / 1024:N0} KiB, slope {trend.SlopeBytes:0.0} B per unit (95 % {trend.LowerBytes:0.0} to {trend.UpperBytes:0.0}), growth {trend.GrowthBytes / 1024:N0} KiB."));
        return trend;
    }

    private List<(double Work, double Bytes)> Judged(IEnumerable<(double Work, long Bytes)> readings) => [.. readings.Where(r => r.Work >= WarmUpShare * total).Select(r => (r.Work, (double)r.Bytes))];
}
