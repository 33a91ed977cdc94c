using System.Globalization;
using Mlp.Monitoring.Drift;
using Mlp.Runtime.Statistics;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>False alarms and finds of the tests of the whole vector, as a table: eight columns that share a common part, a reference of 10,000 rows, α = 0.05, one window a run.</summary>
internal static class VectorCalibration
{
    private const int ReferenceRows = 10_000;
    private const int Columns = 8;

    private static readonly DriftRules Rules = new(new DriftOptions { Significance = 0.05 }, 0.05, 100);

    private static readonly (string Name, Action<double[], double> Change)[] Changes =
    [
        ("nothing", (_, _) => { }),
        ("mean of one column + 0.5 σ", (row, _) => row[0] += 0.5 * Math.Sqrt(2)),
        ("three columns no longer go with the others", (row, common) => AddToFirst(row, -2 * common)),
    ];

    /// <summary>Prints the table.</summary>
    /// <param name="runs">Runs per line.</param>
    public static void Print(int runs)
    {
        Console.WriteLine();
        Console.WriteLine("| Change | Window | Found by the classifier | Found by reconstruction | By either |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        foreach (var (name, change) in Changes)
        {
            foreach (var window in new[] { 200, 500, 2_000 })
            {
                var found = Enumerable.Range(0, runs).Select(run => Compare(window, run, change)).ToList();
                string Share(Func<IReadOnlyList<VectorDrift>, bool> isFound) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * found.Count(isFound) / runs:0.#} %");
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {window:#,0} | {Share(v => v[0].IsDrifted)} | {Share(v => v[1].IsDrifted)} | {Share(v => v.Any(t => t.IsDrifted))} |"));
            }
        }
    }

    private static IReadOnlyList<VectorDrift> Compare(int windowRows, int run, Action<double[], double> change)
    {
        var random = new Random(1_000 + run);
        var (reference, current) = (Draw(random, ReferenceRows, (_, _) => { }), Draw(random, windowRows, change));
        var builder = new ReferenceProfileBuilder();
        for (var c = 0; c < Columns; c++)
        {
            builder.AddNumeric($"x{c}", reference.Rows.Select(r => r[c]).ToArray());
        }

        var encoding = new VectorEncoding(reference, builder.Build(), Enumerable.Range(0, Columns));
        var tests = VectorTests.Run(reference, current, encoding, new RidgeLogisticEstimator());
        return DriftComparison.Compare(new("generated", 1), (ReferenceRows, windowRows), [], [], Rules, tests).Vector;
    }

    private static RowSample Draw(Random random, int count, Action<double[], double> change)
    {
        var sample = new RowSample(VectorTests.LimitFor(Columns), Columns);
        for (var i = 0; i < count; i++)
        {
            var row = sample.Next(1)!;
            var common = NormalDistribution.Quantile(1 - random.NextDouble());
            for (var c = 0; c < Columns; c++)
            {
                row[c] = common + NormalDistribution.Quantile(1 - random.NextDouble());
            }

            change(row, common);
        }

        return sample;
    }

    private static void AddToFirst(double[] row, double amount)
    {
        for (var c = 0; c < 3; c++)
        {
            row[c] += amount;
        }
    }
}
