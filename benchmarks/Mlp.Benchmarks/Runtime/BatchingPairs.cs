using System.Globalization;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// <c>batching-pairs</c>: the same callers with batching and without it, one after the other and in turns, so that what else the machine does meets both. The gain is the median over
/// the pairs of the time per call without over that with; what it is held against is the cost curve of the same run.
/// </summary>
internal static class BatchingPairs
{
    private const int Callers = 64;
    private const string PairsOption = "pairs=";
    private const string OnlyOption = "only=";

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">Widths of the layers of each network; none for both of the benchmark. <c>pairs=4</c> for fewer than 20 pairs, <c>only=awaiting</c> for one kind of caller.</param>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var pairs = arguments.FirstOrDefault(a => a.StartsWith(PairsOption, StringComparison.Ordinal)) is { } given ? int.Parse(given[PairsOption.Length..], CultureInfo.InvariantCulture) : 20;
        var only = arguments.FirstOrDefault(a => a.StartsWith(OnlyOption, StringComparison.Ordinal))?[OnlyOption.Length..];
        string[] networks = [.. arguments.Where(a => !a.Contains('=', StringComparison.Ordinal))];
        foreach (var layers in networks is [] ? ["64-256-256-1", "256-1024-1024-1"] : networks)
        {
            await using var load = await BatchingLoad.CreateAsync(layers);
            var callTime = load.Costs[0].RunMicroseconds;
            var (calls, alone) = ((int)Math.Clamp(40_000 / callTime / Callers * 8, 20, 500), (int)Math.Clamp(60_000 / callTime, 100, 20_000));
            Console.WriteLine($"{layers}, {Callers} callers, {calls} calls each, {pairs} pairs, {Environment.ProcessorCount} processors");
            var promised = Print(load, "at load");
            Task CompareAsync(string callers, Func<bool, Task<BatchingRound>> run)
                => only is null || only == callers ? BatchingPairs.CompareAsync(promised, callers, pairs, run) : Task.CompletedTask;

            await CompareAsync("awaiting", b => load.RunAsync(b, Callers, calls));
            await CompareAsync("blocking", b => Task.FromResult(load.RunBlocking(b, Callers, calls)));
            await CompareAsync("alone", b => Task.FromResult(load.RunAlone(b, alone)));
            Print(load, "learned");
            Console.WriteLine();
        }
    }

    private static double Print(BatchingLoad load, string when)
    {
        Console.WriteLine(
            $"  cost curve {when}, us per row: {string.Join("  ", load.Costs.Select(c => $"{c.RowCount}: {c.MicrosecondsPerRow:F2}"))}; promises {load.PromisedGain:F2}");
        return load.PromisedGain;
    }

    private static async Task CompareAsync(double promised, string callers, int pairCount, Func<bool, Task<BatchingRound>> run)
    {
        // The first rounds compile, make slots and find out about the callers.
        for (var i = 0; i < 3; i++)
        {
            await run(false);
            await run(true);
        }

        var pairs = new List<(BatchingRound Plain, BatchingRound Batched)>();
        for (var i = 0; i < pairCount; i++)
        {
            var first = await run(i % 2 == 0);
            var second = await run(i % 2 != 0);
            pairs.Add(i % 2 == 0 ? (second, first) : (first, second));
        }

        double Median(Func<(BatchingRound Plain, BatchingRound Batched), double> value) => pairs.Select(value).Order().ElementAt(pairCount / 2);
        var gain = Median(p => p.Plain.MicrosecondsPerCall / p.Batched.MicrosecondsPerCall);
        var processorGain = Median(p => p.Plain.ProcessorMicrosecondsPerCall / p.Batched.ProcessorMicrosecondsPerCall);
        using var counts = new BatchCounts();
        await run(true);
        Console.WriteLine(
            $"  {callers}: us per call {Median(p => p.Plain.MicrosecondsPerCall):F2} plain, {Median(p => p.Batched.MicrosecondsPerCall):F2} batched; gain {gain:F2}, promised {promised:F2}, share {gain / promised:P0}; "
            + $"processor us per call {Median(p => p.Plain.ProcessorMicrosecondsPerCall):F2} plain, {Median(p => p.Batched.ProcessorMicrosecondsPerCall):F2} batched, gain {processorGain:F2}, share {processorGain / promised:P0}; "
            + $"p50 {Median(p => p.Plain.Quantile(0.5)):F0} and {Median(p => p.Batched.Quantile(0.5)):F0} us, p99 {Median(p => p.Plain.Quantile(0.99)):F0} and {Median(p => p.Batched.Quantile(0.99)):F0} us, "
            + $"p99 batched/plain {Median(p => p.Batched.Quantile(0.99) / p.Plain.Quantile(0.99)):F2}; bytes per call {Median(p => p.Plain.BytesPerCall):F1} and {Median(p => p.Batched.BytesPerCall):F1}; {counts}");
    }
}
