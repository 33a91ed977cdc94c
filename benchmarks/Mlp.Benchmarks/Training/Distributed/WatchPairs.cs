using System.Diagnostics.Metrics;
using System.Globalization;
using Mlp.Benchmarks.Soaks;
using Mlp.Training.Interop;
using Mlp.Training.Networks.Layers;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>
/// <c>watch-pairs --rounds 60 --milliseconds 100 --replicas 2</c>: rows per second of replicas whose steps nobody measures, of those that are measured with all instruments listened to, and of those that write a timeline too, in turns. The network is small,
/// so that a step is short; its gradients lie in shared memory, or travel by a group.
/// </summary>
internal static class WatchPairs
{
    public const string Command = "watch-pairs";

    private static readonly int[] Units = [256, 256, 128];

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static void Run(SoakArguments arguments)
    {
        var (rounds, milliseconds, count) = (arguments.Get("rounds", 60), arguments.Get("milliseconds", 100), arguments.Get("replicas", 2));
        Torch.EnsureLoaded();
        using var listener = Listen();
        foreach (var isShared in new[] { true, false })
        {
            var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
            Measure(isShared, path, rounds, milliseconds, count);
            File.Delete(path);
        }
    }

    private static MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == "Mlp.Training")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }

    private static void Measure(bool isShared, string path, int rounds, int milliseconds, int count)
    {
        var definition = new NetworkDefinition([.. Units.SelectMany(u => new[] { Layer.Linear(u), Layer.Relu() }), Layer.Output()]);
        var data = StepSubject.Encode(64, 1);
        ReplicaTeam Team(string name, bool isWatched, string? timeline) => new(name, count, definition, data, new() { Replicas = count }, meets: false, isShared, isWatched: isWatched, timeline: timeline);
        ReplicaTeam[] teams = [Team("not watched", false, null), Team("watched", true, null), Team("watched, with a timeline", true, path)];
        var steps = Math.Max(2, (int)(teams[0].Run(20) * milliseconds / 1000 / count / StepSubject.BatchRows));
        Array.ForEach(teams, t => t.Run(steps));
        var speeds = new double[rounds][];
        for (var round = 0; round < rounds; round++)
        {
            // Whoever goes first in one round goes last in the next.
            speeds[round] = new double[teams.Length];
            foreach (var team in round % 2 == 0 ? Enumerable.Range(0, teams.Length) : Enumerable.Range(0, teams.Length).Reverse())
            {
                speeds[round][team] = teams[team].Run(steps);
            }
        }

        Array.ForEach(teams, t => t.Dispose());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"\n{count} replicas, gradients {(isShared ? "in shared memory" : "by a group")}, {rounds} rounds of {steps} steps of {count * StepSubject.BatchRows * 1e6 / Median(speeds.Select(s => s[0])):N0} µs\n"));
        Console.WriteLine("| Replicas | Rows per second, median | Share of not watched |");
        Console.WriteLine("| --- | ---: | ---: |");
        for (var team = 0; team < teams.Length; team++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {teams[team].Name} | {Median(speeds.Select(s => s[team])):N0} | {Median(speeds.Select(s => s[team] / s[0])):P1} |"));
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
