using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Models;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary><c>overlap-latency-rank</c>: one rank of <see cref="OverlapLatency"/>. It trains the same network in three ways, and for a line "way steps" answers with milliseconds per step. A line "relay microseconds megabits" moves the ranks apart, where a relay lies between them.</summary>
internal static class OverlapRank
{
    public const string Command = "overlap-latency-rank";

    /// <summary>Set where a relay shall lie between the ranks.</summary>
    public const string RelayVariable = "MLP_BENCHMARK_RELAY";

    /// <summary>The ways: no communication, without overlap, with overlap.</summary>
    public const int WayCount = 3;

    /// <summary>Layers of the network.</summary>
    public static readonly int[] Units = [512, 512, 512, 512, 512, 512, 512, 512];

    /// <summary>Rows of a step on each rank.</summary>
    public const int BatchRows = 1024;

    /// <summary>Bytes of a bucket: two layers.</summary>
    public const int BucketBytes = 1 << 21;

    /// <summary>Runs until there are no more commands.</summary>
    public static async Task RunAsync()
    {
        Torch.EnsureLoaded();
        TorchSharp.torch.set_num_threads(1);
        RelayProcess? relay = null;
        var options = new ProcessGroupOptions();
        options.Transport.UseSharedMemory = false;
        if (Environment.GetEnvironmentVariable(RelayVariable) is not null)
        {
            options.Transport.MapPort = port => (relay = new(port)).Port;
        }

        await using var group = await ProcessGroup.ConnectAsync(options);
        var definition = new NetworkDefinition([.. Units.SelectMany(u => new[] { Layer.Linear(u), Layer.Relu() }), Layer.Output()]);
        var data = StepSubject.Encode(64, 1);
        Way[] ways = [new(group, definition, data, null), new(group, definition, data, false), new(group, definition, data, true)];
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var words = Array.ConvertAll(line.Replace("relay", "-1", StringComparison.Ordinal).Split(' '), w => int.Parse(w, CultureInfo.InvariantCulture));
            if (words[0] < 0)
            {
                relay?.Shape(words[1], words[2]);
                Console.WriteLine("ready");
                continue;
            }

            group.Barrier();
            Console.WriteLine(ways[words[0]].Measure(words[1]).ToString("F3", CultureInfo.InvariantCulture));
        }

        Array.ForEach(ways, w => w.Dispose());
        relay?.Dispose();
    }

    private sealed class Way : IDisposable
    {
        private readonly LayeredNetwork _network;
        private readonly ReplicaGroup? _replicas;
        private readonly NetworkTraining _training;
        private readonly BatchLoader _loader;

        public Way(ProcessGroup group, NetworkDefinition definition, (EncodedRows Encoded, LabelledRows Rows) data, bool? overlaps)
        {
            var options = new NetworkOptions { Task = ModelTask.BinaryClassification, Definition = definition, BatchSize = BatchRows, MaxEpochs = 100_000, ValidationShare = 0 };
            _network = LayeredNetwork.Build(definition, data.Encoded.Width, [], 1, seed: 1);
            _network.Train();
            _replicas = overlaps is { } overlap ? new ReplicaGroup(group, new DataParallelOptions { Overlap = overlap, BucketBytes = BucketBytes, FirstBucketBytes = BucketBytes }, isTold: false, null) : null;
            var batches = new MemoryBatches(data.Encoded, TrainingTargets.Of(data.Rows, 0, StepSubject.RowCount, new TargetScale(1, 0), []), options, _replicas?.Shard);
            _training = new NetworkTraining(_network, NetworkSettings.From(options), batches, null, NullLogger.Instance, TimeProvider.System, _replicas);
            _loader = _training.Load();
        }

        public double Measure(int steps)
        {
            var start = Stopwatch.GetTimestamp();
            for (var step = 0; step < steps; step++)
            {
                if (_training.Position.Batch == _training.BatchCount)
                {
                    (_training.Position.Epoch, _training.Position.Batch) = (_training.Position.Epoch + 1, 0);
                }

                _training.TakeStep(_loader, CancellationToken.None);
            }

            return Stopwatch.GetElapsedTime(start).TotalMilliseconds / steps;
        }

        public void Dispose()
        {
            _loader.Dispose();
            _training.Dispose();
            _replicas?.Dispose();
            _network.Dispose();
        }
    }
}
