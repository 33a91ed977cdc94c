using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Mlp.Benchmarks.Soaks;
using Mlp.Training.Preprocessing;

namespace Mlp.Benchmarks.Training;

/// <summary>
/// <c>preprocessing-pairs --rows 100000 --rounds 3</c>: the recipes of <see cref="PreprocessingRows"/> learned and applied beside scikit-learn's pipeline over the same rows, in turns; of each turn the best of three.
/// Needs a Python with scikit-learn.
/// </summary>
internal static class PreprocessingPairs
{
    private const int Numbers = 8;
    private const int BatchSize = 4096;

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static async Task RunAsync(SoakArguments arguments)
    {
        var (rowCount, rounds) = (arguments.Get("rows", 100_000), arguments.Get("rounds", 3));
        var (table, options) = PreprocessingRows.Draw(rowCount, seed: 1);
        var folder = Directory.CreateTempSubdirectory("mlp-preprocessing-");
        try
        {
            await WriteAsync(table, folder.FullName);
            var (ours, theirs) = (new List<(double Fit, double Apply)>(), new List<(double Fit, double Apply)>());
            for (var round = 0; round < rounds; round++)
            {
                ours.Add(Best(table, options));
                theirs.Add(await PythonAsync(folder.FullName, rowCount));
            }

            Console.WriteLine("| Step | This library | scikit-learn | Ratio |");
            Console.WriteLine("| --- | ---: | ---: | ---: |");
            Print("learn", [.. ours.Select(t => t.Fit)], [.. theirs.Select(t => t.Fit)]);
            Print("apply", [.. ours.Select(t => t.Apply)], [.. theirs.Select(t => t.Apply)]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (double Fit, double Apply) Best(FeatureTable table, PreprocessingOptions options)
    {
        var (fit, apply) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < 3; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var encoding = FeatureEncoding.Learn(table, table.RowCount, options);
            fit = Math.Min(fit, Stopwatch.GetElapsedTime(started).TotalSeconds);
            started = Stopwatch.GetTimestamp();
            var rows = encoding.Encode(table);
            var batch = new float[BatchSize * rows.Width];
            for (var start = 0; start < table.RowCount; start += BatchSize)
            {
                rows.Copy(start, Math.Min(BatchSize, table.RowCount - start), batch);
            }

            apply = Math.Min(apply, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        return (fit, apply);
    }

    private static async Task WriteAsync(FeatureTable table, string folder)
    {
        var values = new double[table.RowCount * Numbers];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ((INumberSource)table.Columns[i % Numbers]).NumberAt(i / Numbers);
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, "numbers"), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        await File.WriteAllLinesAsync(
            Path.Combine(folder, "texts"), Enumerable.Range(0, table.RowCount).Select(row => string.Join('\t', table.Columns.Skip(Numbers).Select(c => ((TextColumn)c).TextAt(row)))));
    }

    private static async Task<(double Fit, double Apply)> PythonAsync(string folder, int rowCount)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Training", "preprocessing_pipeline.py"), Path.Combine(folder, "numbers"), Path.Combine(folder, "texts"),
            rowCount.ToString(CultureInfo.InvariantCulture),
        ];
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", arguments) { RedirectStandardOutput = true })!;
        var parts = (await process.StandardOutput.ReadToEndAsync()).Split(' ');
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? (double.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture))
            : throw new InvalidOperationException("Expected Python with scikit-learn to run the pipeline, but it ended with an error: see above.");
    }

    private static void Print(string step, List<double> ours, List<double> theirs)
        => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {step} | {1000 * Median(ours):N1} ms | {1000 * Median(theirs):N1} ms | {Median(theirs) / Median(ours):0.00} |"));

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
