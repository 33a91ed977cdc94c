using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Mlp.Benchmarks.Soaks;
using Mlp.Runtime.Data;
using Mlp.Training;
using Mlp.Training.Networks;

namespace Mlp.Benchmarks.Training;

/// <summary>
/// <c>adult-epoch --epochs 10 --rounds 3</c>: seconds of an epoch over the adult census (batches of 256, one thread, layers of 64 and 32 with BatchNorm and dropout) beside PyTorch's over the same encoded rows, in turns.
/// Needs <c>MLP_REFERENCE_DATA</c> and a Python with PyTorch.
/// </summary>
internal static class AdultEpoch
{
    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static async Task RunAsync(SoakArguments arguments)
    {
        var (epochs, rounds) = (arguments.Get("epochs", 10), arguments.Get("rounds", 3));
        var folder = Directory.CreateTempSubdirectory("mlp-adult-");
        try
        {
            var set = await RealSets.AdultAsync();
            var (ours, loader, slices) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < rounds; round++)
            {
                var width = await TrainAsync(set, epochs, folder.FullName, ours);
                foreach (var line in await PythonAsync(folder.FullName, width, epochs))
                {
                    var parts = line.Split(' ');
                    (parts[0] == "loader" ? loader : slices).Add(double.Parse(parts[1], CultureInfo.InvariantCulture));
                }
            }

            Console.WriteLine("| Way | Median of an epoch | Times this library |");
            Console.WriteLine("| --- | ---: | ---: |");
            foreach (var (name, seconds) in new[] { ("this library", ours), ("PyTorch, DataLoader", loader), ("PyTorch, slices of a permutation", slices) })
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {1000 * Median(seconds):N0} ms | {Median(seconds) / Median(ours):0.00} |"));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<int> TrainAsync(ITrainingSet set, int epochs, string folder, List<double> seconds)
    {
        var times = new List<TimeSpan>();
        var options = new NetworkOptions { MaxEpochs = epochs, EarlyStoppingPatience = epochs, ValidationShare = 0, Seed = 1 };
        using var network = await new NetworkTrainer(options).FitAsync(set, progress: new Listener(p => times.Add(p.Elapsed)));
        seconds.AddRange(times.Zip(times.Prepend(TimeSpan.Zero)).Skip(1).Select(t => (t.First - t.Second).TotalSeconds));
        var values = new float[network.Encoded.RowCount * network.Encoded.Width];
        network.Encoded.Copy(0, network.Encoded.RowCount, values);
        await File.WriteAllBytesAsync(Path.Combine(folder, "rows"), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        float[] labels = [.. network.Rows.Labels.ToArray().Select(l => (float)l)];
        await File.WriteAllBytesAsync(Path.Combine(folder, "labels"), MemoryMarshal.AsBytes(labels.AsSpan()).ToArray());
        return network.Encoded.Width;
    }

    private static async Task<List<string>> PythonAsync(string folder, int width, int epochs)
    {
        var start = new ProcessStartInfo(
            "/usr/bin/python3",
            [
                Path.Combine(AppContext.BaseDirectory, "Training", "adult_epoch.py"), Path.Combine(folder, "rows"), Path.Combine(folder, "labels"),
                width.ToString(CultureInfo.InvariantCulture), epochs.ToString(CultureInfo.InvariantCulture),
            ])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();

        // The first epoch of each way warms up, as ours does.
        return process.ExitCode == 0
            ? [.. lines.GroupBy(l => l.Split(' ')[0]).SelectMany(g => g.Skip(1))]
            : throw new InvalidOperationException("Expected Python with PyTorch to train, but it ended with an error: see above.");
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private sealed class Listener(Action<TrainingProgress> told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => told(value);
    }
}
