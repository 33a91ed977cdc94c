using System.Diagnostics;
using System.Globalization;
using Mlp.Benchmarks.Interop;

namespace Mlp.Benchmarks.Soaks;

/// <summary>Reads the memory of the process at intervals of work, prints it, and judges at the end. Not thread-safe.</summary>
/// <param name="unit">What is counted as work: "swaps".</param>
/// <param name="total">Units of work of the whole run.</param>
internal sealed class SoakReport(string unit, int total)
{
    private const int Readings = 50;
    private const double WarmUpShare = 0.2;

    private readonly List<(double Work, double Bytes)> _readings = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>Whether a reading is due.</summary>
    /// <param name="done">Units of work done.</param>
    public bool IsDue(int done) => done % Math.Max(1, total / Readings) == 0;

    /// <summary>Takes a reading where one is due.</summary>
    /// <param name="done">Units of work done.</param>
    /// <param name="calls">Calls answered so far.</param>
    /// <param name="failures">Calls that failed so far.</param>
    public void Progress(int done, long calls, long failures)
    {
        if (!IsDue(done))
        {
            return;
        }

        var (before, after) = ReadMemory();
        _readings.Add((done, after));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{done,7} {unit}  {_watch.Elapsed.TotalSeconds,6:0} s  {calls,12:N0} calls  {failures} failed  RssAnon {after / 1024.0:N0} KiB after malloc_trim ({before / 1024.0:N0} before), managed heap {GC.GetTotalMemory(forceFullCollection: false) / 1024.0:N0} KiB"));
    }

    /// <summary>Prints the verdict.</summary>
    /// <param name="calls">Calls answered.</param>
    /// <param name="failures">Calls that failed, or were answered wrongly.</param>
    /// <param name="problem">What else went wrong; null for nothing.</param>
    /// <returns>The exit code: 0 when nothing failed and nothing grew.</returns>
    public int Judge(long calls, long failures, string? problem = null)
    {
        var trend = MemoryTrend.Fit([.. _readings.Where(r => r.Work >= WarmUpShare * total)]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{calls:N0} calls, {failures} failed, in {_watch.Elapsed.TotalSeconds:0} s."));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"RssAnon from {WarmUpShare:P0} of the run on: median {trend.MedianBytes / 1024:N0} KiB, slope {trend.SlopeBytes:0.0} B per unit (95 % {trend.LowerBytes:0.0} to {trend.UpperBytes:0.0}), growth {trend.GrowthBytes / 1024:N0} KiB."));
        var hasPassed = failures == 0 && !trend.IsUpward && problem is null;
        Console.WriteLine(hasPassed ? "PASSED" : $"FAILED: {problem ?? (failures > 0 ? "calls failed" : "memory grows")}");
        return hasPassed ? 0 : 1;
    }

    private static (long Before, long After) ReadMemory()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var before = Anonymous();
        NativeHeap.Trim();
        return (before, Anonymous());
    }

    private static long Anonymous()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
