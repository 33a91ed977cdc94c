namespace Mlp.Benchmarks.Runtime;

/// <summary><c>predict-bulk-pairs</c>: the ways of <see cref="PredictBulkBenchmarks"/> in turns.</summary>
internal static class PredictBulkPairs
{
    private const int Calls = 3;
    private const int Rounds = 200;

    /// <summary>Runs and prints.</summary>
    public static async Task RunAsync()
    {
        foreach (var layers in new[] { "16-1", "32-64-64-1" })
        {
            var ways = new PredictBulkBenchmarks { Layers = layers };
            await ways.SetUpAsync();
            Console.WriteLine($"{layers}, {Calls} calls of a way in turn, {Rounds} rounds");
            new InterleavedRounds()
                .Add("raw Run of all rows", () => ways.Raw())
                .Add("IModel.Predict(span, span)", () => ways.SpanToSpan())
                .Add("ML.NET Transform", () => ways.MlNet())
                .Run(Calls, Rounds);
            await ways.CleanUpAsync();
        }
    }
}
