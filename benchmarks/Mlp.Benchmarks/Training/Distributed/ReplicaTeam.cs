using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Models;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.Diagnostics;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>Replicas of this library, each on a thread of its own.</summary>
internal sealed class ReplicaTeam : IReplicaTeam, IDisposable
{
    private readonly Barrier _turn;
    private readonly Thread[] _threads;
    private readonly TimelineFile? _timeline;
    private readonly bool _isWatched;
    private volatile int _steps;

    /// <summary>Starts the threads.</summary>
    /// <param name="name">What the team is called.</param>
    /// <param name="count">Replicas.</param>
    /// <param name="definition">The network.</param>
    /// <param name="data">Rows that all train on.</param>
    /// <param name="exchange">How they exchange gradients; null for not at all.</param>
    /// <param name="meets">Whether they wait for each other after each step.</param>
    /// <param name="isShared">Whether their gradients lie where all see them, as those of a trainer in one process do.</param>
    /// <param name="connect">Connects them; null for the in-process backend.</param>
    /// <param name="logger">Told of what they find out; null for nobody.</param>
    /// <param name="isWatched">Whether their steps are measured, as those of a trainer are.</param>
    /// <param name="timeline">A file for what they do; null for none.</param>
    public ReplicaTeam(
        string name, int count, NetworkDefinition definition, (EncodedRows Encoded, LabelledRows Rows) data, DataParallelOptions? exchange, bool meets, bool isShared,
        Func<int, IReadOnlyList<ProcessGroup>>? connect = null, ILogger? logger = null, bool isWatched = false, string? timeline = null)
    {
        (Name, Count, _isWatched) = (name, count, isWatched);
        _timeline = TimelineFile.Open(new() { Path = timeline, Steps = 1_000_000 }, null, TimeProvider.System, NullLogger.Instance);
        _turn = new(count + 1);
        var groups = (connect ?? (size => ProcessGroup.CreateInProcess(size)))(count);
        var shared = isShared ? new SharedGradients(count, exchange?.Timeout ?? TimeSpan.FromMinutes(30)) : null;
        _threads = [.. groups.Select(g => new Thread(() => Live(g, definition, data, exchange, meets, shared, logger)) { IsBackground = true })];
        Array.ForEach(_threads, t => t.Start());
        _turn.SignalAndWait();
    }

    public string Name { get; }

    public int Count { get; }

    public double Run(int steps)
    {
        _steps = steps;
        var started = Stopwatch.GetTimestamp();
        _turn.SignalAndWait();
        _turn.SignalAndWait();
        return Count * steps * StepSubject.BatchRows / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public void Dispose()
    {
        _steps = 0;
        _turn.SignalAndWait();
        Array.ForEach(_threads, t => t.Join());
        _turn.Dispose();
        _timeline?.Dispose();
    }

    private void Live(ProcessGroup group, NetworkDefinition definition, (EncodedRows Encoded, LabelledRows Rows) data, DataParallelOptions? exchange, bool meets, SharedGradients? shared, ILogger? logger)
    {
        TorchSharp.torch.set_num_threads(1);
        var options = new NetworkOptions { Task = ModelTask.BinaryClassification, Definition = definition, BatchSize = StepSubject.BatchRows, MaxEpochs = 100_000, ValidationShare = 0 };
        using var network = LayeredNetwork.Build(definition, data.Encoded.Width, [], 1, seed: 1);
        network.Train();
        using var replicas = exchange is null ? null : new ReplicaGroup(group, exchange, isTold: false, shared);
        var targets = TrainingTargets.Of(data.Rows, 0, StepSubject.RowCount, new TargetScale(1, 0), []);
        var batches = new MemoryBatches(data.Encoded, targets, options, replicas?.Shard);
        using var watch = _isWatched ? ReplicaWatching.Begin(replicas, _timeline, TimeProvider.System) : null;
        using var training = new NetworkTraining(network, NetworkSettings.From(options), batches, null, logger ?? NullLogger.Instance, TimeProvider.System, replicas, watch);
        using var loader = training.Load();
        _turn.SignalAndWait();
        while (true)
        {
            _turn.SignalAndWait();
            if (_steps == 0)
            {
                break;
            }

            for (var step = 0; step < _steps; step++)
            {
                if (training.Position.Batch == training.BatchCount)
                {
                    (training.Position.Epoch, training.Position.Batch) = (training.Position.Epoch + 1, 0);
                }

                training.TakeStep(loader, CancellationToken.None);
                if (meets)
                {
                    group.Barrier();
                }
            }

            _turn.SignalAndWait();
        }

        group.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
