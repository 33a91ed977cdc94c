using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.Drift;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.TestSupport.Streams;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>
/// False alarms and detection delay on generated streams whose drift is known, as a table: 40 features, a reference of 10,000 rows, α = 0.05, windows one behind the other. The delay is counted from the first changed
/// row to the end of the first window with a finding about the changed feature.
/// </summary>
internal static class DriftCalibration
{
    /// <summary>Name of the command.</summary>
    public const string Command = "drift-calibration";

    private const string WholeVector = "vector";
    private const int ReferenceRows = 10_000;
    private const int NumericCount = 30;
    private const int CategoricalCount = 10;
    private const int MaximumWindows = 20;

    private static readonly DriftOptions Options = new() { Significance = 0.05 };

    private static readonly (string Name, StreamChange Change, double Size, int Transition)[] Changes =
    [
        ("nothing", StreamChange.None, 0, 0),
        ("mean + 0.5 σ, sudden", StreamChange.MeanShift, 0.5, 0),
        ("mean + 0.5 σ, over 10,000 rows", StreamChange.MeanShift, 0.5, 10_000),
        ("mean + 0.25 σ, sudden", StreamChange.MeanShift, 0.25, 0),
        ("variance doubled, sudden", StreamChange.Variance, 2, 0),
        ("variance doubled, over 10,000 rows", StreamChange.Variance, 2, 10_000),
        ("new category in 5 %", StreamChange.NewCategory, 0.05, 0),
        ("new category in 1.5 %", StreamChange.NewCategory, 0.015, 0),
        ("missing in 5 %", StreamChange.MissingBurst, 0.05, 0),
        ("another concept, no feature changed", StreamChange.Concept, 1, 0),
    ];

    /// <summary>Prints the table, and that of the whole vector.</summary>
    /// <param name="arguments">Runs per line, 100 by default; <c>vector</c> after them for the second table alone.</param>
    public static int Run(string[] arguments)
    {
        var runs = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 100;
        if (!arguments.Contains(WholeVector))
        {
            PrintFeatures(runs);
        }

        VectorCalibration.Print(runs);
        return 0;
    }

    private static void PrintFeatures(int runs)
    {
        Console.WriteLine("| Change | Window | Found in the first window | Found in 20 | Median delay, rows | Windows with another alarm |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var change in Changes)
        {
            foreach (var window in new[] { 500, 2_000 })
            {
                Print(change, window, runs);
            }
        }
    }

    private static void Print((string Name, StreamChange Change, double Size, int Transition) change, int windowRows, int runs)
    {
        var name = change.Change == StreamChange.NewCategory ? "k0" : "n0";
        var delays = new List<int>();
        var (first, others, windows) = (0, 0, 0);
        for (var run = 0; run < runs; run++)
        {
            var stream = new ChangingRows(NumericCount, CategoricalCount, run + 1) { Change = change.Change, Size = change.Size, ChangeRow = ReferenceRows, TransitionRowCount = change.Transition };
            var reference = Profile(stream, ReferenceRows);
            for (var w = 1; w <= MaximumWindows; w++)
            {
                var findings = ProfileComparison.Compare(reference, Profile(stream, windowRows), Options).Findings;
                windows++;
                others += findings.Any(f => f.Subject.Feature != name || change.Change == StreamChange.None) ? 1 : 0;
                if (change.Change != StreamChange.None && findings.Any(f => f.Subject.Feature == name))
                {
                    first += w == 1 ? 1 : 0;
                    delays.Add(w * windowRows);
                    break;
                }
            }
        }

        delays.Sort();
        var median = delays.Count > runs / 2 ? delays[runs / 2].ToString("#,0", CultureInfo.InvariantCulture) : "-";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {change.Name} | {windowRows:#,0} | {100.0 * first / runs:0} % | {100.0 * delays.Count / runs:0} % | {median} | {100.0 * others / windows:0.##} % of {windows:#,0} |"));
    }

    private static DataProfile Profile(ChangingRows stream, int rowCount)
    {
        var numbers = stream.Numbers.Select(_ => new DoubleArray.Builder()).ToArray();
        var categories = stream.Categories.Select(_ => new StringArray.Builder()).ToArray();
        for (var row = 0; row < rowCount; row++)
        {
            stream.MoveNext();
            for (var i = 0; i < numbers.Length; i++)
            {
                numbers[i].Append(stream.Numbers[i]);
            }

            for (var i = 0; i < categories.Length; i++)
            {
                categories[i].Append(stream.Categories[i]);
            }
        }

        var fields = numbers.Select((_, i) => new Field($"n{i}", DoubleType.Default, false)).Concat(categories.Select((_, i) => new Field($"k{i}", StringType.Default, false)));
        var builder = new DataProfileBuilder();
        builder.Add(new RecordBatch(new Schema([.. fields], null), [.. numbers.Select(n => (IArrowArray)n.Build()), .. categories.Select(c => (IArrowArray)c.Build())], rowCount));
        return builder.Build();
    }
}
