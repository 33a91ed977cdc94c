using System.Runtime.InteropServices;
using Mlp.Runtime;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Networks.Checkpoints;
using TorchSharp;

namespace Mlp.Training.Networks;

/// <summary>Everything that decides how a training goes on: position, weights, their average, the best so far, and the states of optimizer, schedule, scaler and generators.</summary>
internal sealed partial class TrainingState
{
    private readonly TrainableNetwork _network;
    private readonly FlatParameters _parameters;
    private readonly FlatOptimizer _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly GradientScaler? _scaler;
    private readonly NetworkWeights? _average;
    private readonly NetworkWeights? _best;
    private readonly NetworkWeights? _live;
    private readonly ReplicaGroup? _replicas;
    private readonly ReplicaParts _parts;

    // Running statistics of all replicas, as they were when the last checkpoint was taken.
    private readonly float[] _statistics = [];

    /// <summary>Begins a training.</summary>
    /// <param name="network">The network, with its first weights.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="optimizer">What moves them.</param>
    /// <param name="schedule">How far.</param>
    /// <param name="scaler">The loss scale; null for none.</param>
    /// <param name="averages">Whether weights are averaged.</param>
    /// <param name="validates">Whether one epoch is better than another.</param>
    /// <param name="replicas">Those that train together; null for one alone.</param>
    /// <param name="exchange">What they exchange; null for one alone.</param>
    public TrainingState(
        TrainableNetwork network,
        FlatParameters parameters,
        FlatOptimizer optimizer,
        LearningRateSchedule schedule,
        GradientScaler? scaler,
        bool averages,
        bool validates,
        ReplicaGroup? replicas = null,
        StepExchange? exchange = null)
    {
        (_network, _parameters, _optimizer, _schedule, _scaler, _replicas) = (network, parameters, optimizer, schedule, scaler, replicas);
        _parts = new(replicas, optimizer, exchange, parameters.Length);
        (_average, _live) = averages ? (New(), New()) : (null, null);
        _best = validates ? New() : null;
        if (replicas is { Elastic: null })
        {
            var length = 0;
            EachStatistic((_, values) => length += values.Length);
            _statistics = new float[length * replicas.Shard.Count];
        }
    }

    /// <summary>Where training stands.</summary>
    public TrainingPosition Position { get; private set; } = new();

    /// <summary>Takes the network's weights into the average. At the beginning, when the first weights count too much, less is kept.</summary>
    /// <param name="decay">Share of the average that is kept.</param>
    public void Average(double decay)
        => _average?.Average(_parameters, _network.Buffers, (float)Math.Min(decay, (1.0 + _optimizer.StepCount) / (10.0 + _optimizer.StepCount)));

    /// <summary>Does something while the average, where there is one, is in the network.</summary>
    public EpochScore WithAverage(Func<EpochScore> work)
    {
        if (_average is null)
        {
            return work();
        }

        _live!.Take(_parameters, _network.Buffers);
        _average.Give(_parameters, _network.Buffers);
        try
        {
            return work();
        }
        finally
        {
            _live.Give(_parameters, _network.Buffers);
        }
    }

    /// <summary>Keeps what is in the network as the best.</summary>
    public void TakeBest() => _best!.Take(_parameters, _network.Buffers);

    /// <summary>Gives the network its last values: the best where rows validate, else the average where there is one.</summary>
    public void GiveBest() => (_best ?? _average)?.Give(_parameters, _network.Buffers);

    /// <summary>Gives the state of rank 0 to all replicas; their generators stay apart. Does nothing for one alone.</summary>
    public void Share()
    {
        if (_replicas is null)
        {
            return;
        }

        Each((name, bytes) => _replicas.Give(bytes, name));
        GoOn(_replicas.Give(Describe(), CheckpointJson.Default.TrainingPosition, "position"));
        foreach (var (name, generator) in _network.Generators)
        {
            if (Position.Generators.TryGetValue(NameOf(name, _replicas.Shard.Rank), out var state))
            {
                generator.State = state;
            }
        }

        if (Position.Step > 0 && _replicas.Elastic is null)
        {
            var at = _replicas.Shard.Rank * (_statistics.Length / _replicas.Shard.Count);
            EachStatistic((_, values) =>
            {
                _statistics.AsSpan(at, values.Length).CopyTo(values);
                at += values.Length;
            });
            _parts.Distribute();
        }
    }

    /// <summary>
    /// Makes running statistics the mean of those of all replicas. They move by a share of each batch's, so this mean is what they were had they moved by the mean of the replicas' batches. Does nothing
    /// for one alone.
    /// </summary>
    public void ShareStatistics()
    {
        if (_replicas is null)
        {
            return;
        }

        EachStatistic((name, values) => _replicas.Average(values, name));
    }

    /// <summary>Takes what is each replica's own, generators and running statistics, into the state of all, for a checkpoint. Does nothing for one alone.</summary>
    public void Gather()
    {
        if (_replicas is null)
        {
            return;
        }

        // Those that go on from there may be others.
        if (_replicas.Elastic is not null)
        {
            ShareStatistics();
            return;
        }

        var names = _network.Generators.Keys.ToArray();
        var states = _replicas.Gather([.. _network.Generators.Values.Select(g => g.State)], "generators");
        for (var rank = 1; rank < states.Length; rank++)
        {
            for (var i = 0; i < names.Length; i++)
            {
                Position.Generators[NameOf(names[i], rank)] = states[rank][i];
            }
        }

        var (length, at) = (_statistics.Length / states.Length, _replicas.Shard.Rank * (_statistics.Length / states.Length));
        EachStatistic((_, values) =>
        {
            values.CopyTo(_statistics.AsSpan(at));
            at += values.Length;
        });
        _replicas.Gather(_statistics, [.. states.Select(_ => length)], "running statistics");
        _parts.Collect();
    }

    /// <summary>The state as a checkpoint.</summary>
    /// <param name="identity">What it is of.</param>
    /// <param name="metric">What the metric that decides was; null within an epoch.</param>
    public NetworkCheckpoint Capture(CheckpointIdentity identity, double? metric)
    {
        Describe();
        var tensors = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        Each((name, bytes) => tensors.Add(name, bytes.ToArray()));
        _parts.Each((name, bytes) => tensors.Add(name, bytes.ToArray()));
        _parts.Forget();
        return new(identity, Position, metric, tensors);
    }

    private TrainingPosition Describe()
    {
        Position.OptimizerStep = _optimizer.StepCount;
        (Position.PlateauFactor, Position.PlateauEpochs) = (_schedule.PlateauFactor, _schedule.PlateauEpochs);
        if (_scaler is not null)
        {
            (Position.LossScale, Position.LossScaleSteps, Position.SkippedSteps) = (_scaler.Scale, _scaler.GoodSteps, _scaler.SkippedSteps);
        }

        Position.CompressionExponent = _parts.Compression?.Exponent ?? 0;
        foreach (var (name, generator) in _network.Generators)
        {
            Position.Generators[name] = generator.State;
        }

        return Position;
    }

    /// <summary>Takes over the state of a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="CorruptFileException">A tensor or a generator is absent or of another size.</exception>
    public void Restore(NetworkCheckpoint checkpoint, string path)
    {
        void Read(string name, Span<byte> bytes)
        {
            if (!checkpoint.Tensors.TryGetValue(name, out var saved) || saved.Length != bytes.Length)
            {
                throw new CorruptFileException(path, $"Expected {bytes.Length} bytes of '{name}' in '{path}', but found {(saved.IsEmpty ? "none" : saved.Length)}.");
            }

            saved.Span.CopyTo(bytes);
        }

        Each(Read);
        if (_replicas is { Elastic: null })
        {
            _parts.Prepare();
            _parts.Each(Read);
        }

        foreach (var (name, generator) in _network.Generators)
        {
            generator.State = checkpoint.Position.Generators.TryGetValue(name, out var state)
                ? state
                : throw new CorruptFileException(path, $"Expected the state of the generator '{name}' in '{path}', but found none.");
        }

        GoOn(checkpoint.Position);
    }

    private void GoOn(TrainingPosition position)
    {
        Position = position;
        _optimizer.StepCount = Position.OptimizerStep;
        (_schedule.PlateauFactor, _schedule.PlateauEpochs) = (Position.PlateauFactor, Position.PlateauEpochs);
        if (_parts.Compression is { } compression)
        {
            compression.Exponent = Position.CompressionExponent;
        }

        if (_scaler is not null)
        {
            (_scaler.Scale, _scaler.GoodSteps, _scaler.SkippedSteps) = (Position.LossScale, Position.LossScaleSteps, Position.SkippedSteps);
        }
    }

    // Checkpoints of one replica alone, and those from before there were several, name the first one's generators by themselves.
    private static string NameOf(string generator, int rank) => rank == 0 ? generator : FormattableString.Invariant($"{generator} of replica {rank}");

    // Those of the network and of its average.
    private void EachStatistic(StatisticValues visit)
    {
        for (var i = 0; i < _network.Buffers.Count; i++)
        {
            var (name, buffer) = _network.Buffers[i];
            if (buffer.dtype == torch.float32)
            {
                _parameters.Device.Visit(buffer, bytes => visit(name, MemoryMarshal.Cast<byte, float>(bytes)));
                if (_average is not null)
                {
                    visit(name, MemoryMarshal.Cast<byte, float>(_average.Buffers[i].AsSpan()));
                }
            }
        }
    }

    private NetworkWeights New() => new(_parameters, _network.Buffers);

    private void Each(TensorBytes visit)
    {
        _parameters.Device.Visit(_parameters.Weights, bytes => visit("weights", bytes));
        foreach (var (name, tensor) in _network.Buffers)
        {
            _parameters.Device.Visit(tensor, bytes => visit($"buffers.{name}", bytes));
        }

        foreach (var (name, tensor) in _parts.HasShards ? [] : _optimizer.State)
        {
            _parameters.Device.Visit(tensor, bytes => visit($"optimizer.{name}", bytes));
        }

        Each("average", _average, visit);
        Each("best", _best, visit);
        if (_statistics.Length > 0)
        {
            visit("replicas.statistics", MemoryMarshal.AsBytes(_statistics.AsSpan()));
        }
    }

    private void Each(string prefix, NetworkWeights? weights, TensorBytes visit)
    {
        if (weights is null)
        {
            return;
        }

        visit($"{prefix}.weights", MemoryMarshal.AsBytes(weights.Weights.AsSpan()));
        for (var i = 0; i < weights.Buffers.Count; i++)
        {
            visit($"{prefix}.buffers.{_network.Buffers[i].Key}", weights.Buffers[i]);
        }
    }

    private delegate void StatisticValues(string name, Span<float> values);
}
