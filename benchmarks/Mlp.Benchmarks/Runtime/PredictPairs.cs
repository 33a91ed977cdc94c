namespace Mlp.Benchmarks.Runtime;

/// <summary><c>predict-pairs</c>: the ways of <see cref="PredictBenchmarks"/> that differ by less than the machine's pace does, in turns.</summary>
internal static class PredictPairs
{
    private const int Calls = 400;
    private const int Rounds = 1_500;

    /// <summary>Runs and prints.</summary>
    /// <param name="networks">Widths of the layers of each network; none for both of the benchmark.</param>
    public static async Task RunAsync(IReadOnlyList<string> networks)
    {
        foreach (var layers in networks is [] ? ["16-1", "32-64-64-1"] : networks)
        {
            var ways = new PredictBenchmarks { Layers = layers };
            await ways.SetUpAsync();
            Console.WriteLine($"{layers}, {Calls} calls of a way in turn, {Rounds} rounds");
            new InterleavedRounds()
                .Add("raw RunWithBinding", () => ways.RawBinding())
                .Add("IModel.Predict(span)", () => ways.Span())
                .Add("IModel.Predict(span, span)", () => ways.SpanToSpan())
                .Add("IModel.Predict(FeatureRows)", () => ways.Rows())
                .Add("IModel.As<record, record>().Predict", () => ways.Record())
                .Add("IModel.Run(inputs, outputs)", () => ways.Named())
                .Add("IModel.PredictAsync(keys)", () => InterleavedRounds.Complete(ways.EntityAsync()))
                .Add("NamedOnnxValue", () => ways.NamedValue())
                .Add("stub, no engine: Predict(span)", () => ways.Stub())
                .Run(Calls, Rounds);
            await ways.CleanUpAsync();
        }
    }
}
