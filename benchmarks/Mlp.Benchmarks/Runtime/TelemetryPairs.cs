using System.Diagnostics;

namespace Mlp.Benchmarks.Runtime;

/// <summary><c>telemetry-pairs</c>: the ways of <see cref="TelemetryBenchmarks"/> in turns; a listener comes and goes with its turn.</summary>
internal static class TelemetryPairs
{
    private const int Calls = 400;
    private const int Rounds = 1_500;

    /// <summary>Runs and prints.</summary>
    public static async Task RunAsync()
    {
        var ways = new TelemetryBenchmarks();
        await ways.SetUpAsync();
        Console.WriteLine($"{Calls} calls of a way in turn, {Rounds} rounds");
        new InterleavedRounds()
            .Add("nobody listens", () => ways.Nobody())
            .Add("metrics", () => ways.Metrics(), TelemetryBenchmarks.ListenToMetrics)
            .Add("spans, recorded", () => ways.Spans(), () => TelemetryBenchmarks.ListenToSpans(ActivitySamplingResult.AllDataAndRecorded))
            .Add("spans, none sampled", () => ways.SpansNotSampled(), () => TelemetryBenchmarks.ListenToSpans(ActivitySamplingResult.None))
            .Run(Calls, Rounds);
        await ways.CleanUpAsync();
    }
}
