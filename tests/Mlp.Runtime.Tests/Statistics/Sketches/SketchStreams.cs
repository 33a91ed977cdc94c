namespace Mlp.Runtime.Tests.Statistics.Sketches;

/// <summary>Values in orders and of distributions that are hard for sketches, by name.</summary>
internal static class SketchStreams
{
    public static TheoryData<string> Names =>
        ["ascending", "descending", "zoomed in", "random", "normal", "few distinct", "constant", "heavy tails", "denormals", "both signs by turns", "powers of two", "edges of bins", "sorted blocks", "with zeros"];

    /// <summary>Makes finite values.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Of those that are random.</param>
    public static double[] Create(string name, int count, int seed = 1)
    {
        var random = new Random(seed);
        return name switch
        {
            "ascending" => Make(count, i => i + 1),
            "descending" => Make(count, i => count - i),

            // From both ends to the middle.
            "zoomed in" => Make(count, i => i % 2 == 0 ? i / 2 : count - (i / 2)),
            "random" => Make(count, _ => random.NextDouble()),
            "normal" => Make(count, _ => Normal(random)),
            "few distinct" => Make(count, _ => random.Next(5) - 1.5),
            "constant" => Make(count, _ => -273.15),
            "heavy tails" => Make(count, _ => Math.Tan(Math.PI * (random.NextDouble() - 0.5))),
            "denormals" => Make(count, _ => double.Epsilon * random.NextInt64(1, 1 << 20)),
            "both signs by turns" => Make(count, i => i % 2 == 0 ? i + 1 : -i),
            "powers of two" => Make(count, _ => Math.ScaleB(1, random.Next(-24, 24))),
            "edges of bins" => Make(count, _ => Math.Pow(1.01 / 0.99, random.Next(-500, 500))),
            "sorted blocks" => Make(count, i => (i % 1000) + (0.001 * (i / 1000))),
            "with zeros" => Make(count, i => i % 3 == 0 ? 0 : i % 3 == 1 ? -0.0 : Normal(random)),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Expected a known stream."),
        };
    }

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double[] Make(int count, Func<int, double> value) => [.. Enumerable.Range(0, count).Select(value)];
}
