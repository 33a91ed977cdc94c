namespace Mlp.Benchmarks.Runtime;

/// <summary><c>routing-pairs</c>: the ways of <see cref="RoutingBenchmarks"/> in turns.</summary>
internal static class RoutingPairs
{
    private const int Calls = 400;
    private const int Rounds = 1_500;

    /// <summary>Runs and prints.</summary>
    public static async Task RunAsync()
    {
        var ways = new RoutingBenchmarks();
        await ways.SetUpAsync();
        Console.WriteLine($"{Calls} calls of a way in turn, {Rounds} rounds");
        new InterleavedRounds()
            .Add("span, champion alone", () => ways.AloneSpan())
            .Add("span, 90/10 split", () => ways.SplitSpan())
            .Add("span, same-service shadow", () => ways.ShadowedSpan())
            .Add("hash of a key of two parts", () => ways.Hash())
            .Run(Calls, Rounds);
        new InterleavedRounds()
            .Add("keys, champion alone", () => InterleavedRounds.Complete(ways.AloneAsync()))
            .Add("keys, 90/10 split", () => InterleavedRounds.Complete(ways.SplitAsync()))
            .Add("keys, same-service shadow", () => InterleavedRounds.Complete(ways.ShadowedAsync()))
            .Run(Calls, Rounds);
        await ways.CleanUpAsync();
    }
}
