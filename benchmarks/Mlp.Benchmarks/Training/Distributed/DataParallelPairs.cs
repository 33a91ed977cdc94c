using System.Globalization;
using Mlp.Benchmarks.Soaks;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Interop;
using Mlp.Training.Networks.Layers;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>
/// <c>data-parallel-pairs --rounds 30 --milliseconds 150</c>: rows per second of replicas that train together, with and without overlap, against the same replicas that exchange nothing and that only
/// wait for each other, in turns; beside them, where there is PyTorch, its DistributedDataParallel with Gloo against its own replicas that exchange nothing. <c>--replicas 2</c> and <c>--size 800000</c> (or 10000000) take one case alone, <c>--peer 0</c> leaves
/// PyTorch out.
/// </summary>
internal static class DataParallelPairs
{
    public const string Command = "data-parallel-pairs";

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static void Run(SoakArguments arguments)
    {
        var (rounds, milliseconds) = (arguments.Get("rounds", 30), arguments.Get("milliseconds", 150));
        var (replicas, size, bucket) = (arguments.Get("replicas", 0), arguments.Get("size", 0), arguments.Get("bucket", 0));
        var hasPeer = arguments.Get("peer", 1) != 0;
        Torch.EnsureLoaded();
        foreach (var count in replicas > 0 ? [replicas] : new[] { 2, 4 })
        {
            if (size is 0 or 800_000)
            {
                Measure("0.8 M parameters", [768, 768, 256], count, rounds, milliseconds, bucket, hasPeer);
            }

            if (size is 0 or 10_000_000)
            {
                Measure("10 M parameters", [2048, 2048, 2048, 640], count, rounds, milliseconds, bucket, hasPeer);
            }
        }
    }

    private static void Measure(string name, int[] units, int count, int rounds, int milliseconds, int bucket, bool hasPeer)
    {
        var definition = new NetworkDefinition([.. units.SelectMany(u => new[] { Layer.Linear(u), Layer.Relu() }), Layer.Output()]);
        var data = StepSubject.Encode(64, 1);
        var sizes = bucket > 0 ? new DataParallelOptions { BucketBytes = bucket, FirstBucketBytes = bucket } : new();
        ReplicaTeam Team(string team, bool? overlaps, bool meets = false, bool isShared = true) => new(
            team,
            count,
            definition,
            data,
            overlaps is { } overlap ? new() { Replicas = count, Overlap = overlap, BucketBytes = sizes.BucketBytes, FirstBucketBytes = sizes.FirstBucketBytes } : null,
            meets,
            isShared);
        ReplicaTeam[] teams = [Team("no communication", null), Team("barrier only", null, meets: true), Team("without overlap", false), Team("with overlap", true), Team("with overlap, by a group", true, isShared: false)];
        using var peer = hasPeer ? PyTorchReplicas.TryStart(count, 64, units) : null;
        try
        {
            var cores = Environment.ProcessorCount;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n## {name}, {count} replicas of {StepSubject.BatchRows} rows on {cores} cores{(count > cores ? " (oversubscribed)" : "")}\n"));
            IReplicaTeam[] all = peer is null
                ? teams
                : [.. teams, peer.Team("PyTorch, no communication", isTogether: false), peer.Team("PyTorch DDP with Gloo", isTogether: true)];
            Print(all, Rounds(all, count, rounds, milliseconds), teams.Length);
        }
        finally
        {
            Array.ForEach(teams, t => t.Dispose());
        }
    }

    private static double[][] Rounds(IReplicaTeam[] teams, int count, int rounds, int milliseconds)
    {
        // As many steps as take the time of a turn; ours all take as many.
        var steps = new int[teams.Length];
        for (var i = 0; i < teams.Length; i++)
        {
            teams[i].Run(2);
            steps[i] = teams[i] is ReplicaTeam && i > 0 ? steps[0] : Math.Max(2, (int)(teams[i].Run(4) * milliseconds / 1000 / count / StepSubject.BatchRows));
            teams[i].Run(steps[i]);
        }

        return [.. Enumerable.Range(0, rounds).Select(round =>
        {
            // Whoever goes first in one round goes last in the next.
            var speeds = new double[teams.Length];
            foreach (var i in round % 2 == 0 ? Enumerable.Range(0, teams.Length) : Enumerable.Range(0, teams.Length).Reverse())
            {
                speeds[i] = teams[i].Run(steps[i]);
            }

            return speeds;
        })];
    }

    private static void Print(IReplicaTeam[] teams, double[][] rounds, int ours)
    {
        Console.WriteLine("| Replicas | Rows per second, median | Share of no communication | Share of barrier only |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        for (var i = 0; i < teams.Length; i++)
        {
            // Each side is held against its own control.
            var control = i < ours ? 0 : ours;
            var barrier = i < ours ? Median(rounds.Select(r => r[i] / r[1])).ToString("P1", CultureInfo.InvariantCulture) : string.Empty;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {teams[i].Name} | {Median(rounds.Select(r => r[i])):N0} | {Median(rounds.Select(r => r[i] / r[control])):P1} | {barrier} |"));
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
