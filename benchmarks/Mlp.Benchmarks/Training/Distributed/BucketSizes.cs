using System.Globalization;
using Microsoft.Extensions.Logging;
using Mlp.Benchmarks.Soaks;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.DataParallel.Tuning;
using Mlp.Training.Interop;
using Mlp.Training.Networks.Layers;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>
/// <c>bucket-size --replicas 2 --rounds 15 --milliseconds 150</c>: what a training finds out about the size of its buckets, beside a sweep over the same sizes, in turns. Replicas in one process, and ranks that share memory or use sockets as processes do.
/// <c>--size 800000</c> (or 10000000) takes one network alone.
/// </summary>
internal static class BucketSizes
{
    public const string Command = "bucket-size";

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static void Run(SoakArguments arguments)
    {
        var (count, rounds, milliseconds, size) = (arguments.Get("replicas", 2), arguments.Get("rounds", 15), arguments.Get("milliseconds", 150), arguments.Get("size", 0));
        Torch.EnsureLoaded();
        (string Name, bool IsShared, Func<int, IReadOnlyList<ProcessGroup>>? Connect)[] ways =
            [("replicas in one process", true, null), ("ranks that share memory", false, n => Connect(n, sharesMemory: true)), ("ranks over sockets", false, n => Connect(n, sharesMemory: false))];
        foreach (var (name, isShared, connect) in ways)
        {
            if (size is 0 or 800_000)
            {
                Measure($"0.8 M parameters, {count} {name}", [768, 768, 256], count, rounds, milliseconds, isShared, connect);
            }

            if (size is 0 or 10_000_000)
            {
                Measure($"10 M parameters, {count} {name}", [2048, 2048, 2048, 640], count, rounds, milliseconds, isShared, connect);
            }
        }
    }

    private static void Measure(string name, int[] units, int count, int rounds, int milliseconds, bool isShared, Func<int, IReadOnlyList<ProcessGroup>>? connect)
    {
        var definition = new NetworkDefinition([.. units.SelectMany(u => new[] { Layer.Linear(u), Layer.Relu() }), Layer.Output()]);
        var (data, found) = (StepSubject.Encode(64, 1), new Finding());
        ReplicaTeam Team(int bytes, bool isTuned)
        {
            var options = new DataParallelOptions { Replicas = count, BucketBytes = bytes, FirstBucketBytes = Math.Min(bytes, 1 << 20) };
            options.BucketTuning.IsEnabled = isTuned;
            return new(string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes"), count, definition, data, options, meets: false, isShared, connect, isTuned ? found : null);
        }

        Console.WriteLine($"\n## {name}\n");
        using (var tuned = Team(new DataParallelOptions().BucketBytes, isTuned: true))
        {
            for (var turn = 0; turn < 20 && found.Text is null; turn++)
            {
                tuned.Run(10);
            }
        }

        Console.WriteLine($"{found.Text ?? "All sizes cut this network alike, so nothing is measured."}\n");
        var teams = BucketTuner.Candidates.Select(bytes => Team(bytes, isTuned: false)).ToArray();
        try
        {
            var steps = Math.Max(2, (int)(teams[0].Run(4) * milliseconds / 1000 / count / StepSubject.BatchRows));
            var speeds = teams.Select(_ => new List<double>()).ToArray();
            for (var round = -1; round < rounds; round++)
            {
                for (var i = 0; i < teams.Length; i++)
                {
                    var speed = teams[i].Run(steps);
                    if (round >= 0)
                    {
                        speeds[i].Add(speed);
                    }
                }
            }

            Console.WriteLine("| Buckets of | Rows per second, median |");
            Console.WriteLine("| ---: | ---: |");
            for (var i = 0; i < teams.Length; i++)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {teams[i].Name} | {speeds[i].Order().ElementAt(speeds[i].Count / 2):N0} |"));
            }
        }
        finally
        {
            Array.ForEach(teams, t => t.Dispose());
        }
    }

    private static ProcessGroup[] Connect(int count, bool sharesMemory)
    {
        var port = LoopbackPorts.Take();
        return Task.WhenAll(Enumerable.Range(0, count).Select(rank =>
        {
            var options = new ProcessGroupOptions();
            (options.Rendezvous.Rank, options.Rendezvous.WorldSize, options.Rendezvous.MasterPort, options.Transport.UseSharedMemory) = (rank, count, port, sharesMemory);
            return ProcessGroup.ConnectAsync(options);
        })).GetAwaiter().GetResult();
    }

    private sealed class Finding : ILogger
    {
        public string? Text { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Text = formatter(state, exception);
    }
}
