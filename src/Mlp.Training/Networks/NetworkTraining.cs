using Microsoft.Extensions.Logging;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.Diagnostics;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Networks.Devices;
using Mlp.Training.Networks.Interop;

namespace Mlp.Training.Networks;

/// <summary>Runs the epochs of a training on one thread, from where it stands to the end. Of replicas that train together each has one; all take the same steps and decisions.</summary>
internal sealed class NetworkTraining : IDisposable
{
    private readonly TrainableNetwork _network;
    private readonly NetworkOptions _options;
    private readonly NetworkValidation? _validation;
    private readonly FlatParameters _parameters;
    private readonly FlatOptimizer _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly GradientScaler? _scaler;
    private readonly TrainingStep _step;
    private readonly TrainingState _state;
    private readonly BatchSource _batches;
    private readonly ReplicaGroup? _replicas;
    private readonly StepExchange? _exchange;
    private readonly LocalAveraging? _local;
    private readonly StepWatch? _watch;
    private readonly StepReporter? _reporter;
    private readonly IReadOnlyList<INetworkCallback> _callbacks;
    private readonly bool _canBeStopped;
    private readonly NetworkTrainingControl _control = new();
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly TrainingDevice _device;

    /// <summary>Prepares.</summary>
    /// <param name="network">The network, with its first weights.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="batches">Where the batches of training rows come from. It belongs to this object.</param>
    /// <param name="validation">Measures other rows; null for nobody. It belongs to this object.</param>
    /// <param name="logger">Told of epochs.</param>
    /// <param name="timeProvider">Measures how long they take.</param>
    /// <param name="replicas">Those that train together; null for one alone.</param>
    /// <param name="watch">Measures steps; null for nobody.</param>
    /// <param name="device">Where the network trains; it comes back to the processor in the end. Null for the processor.</param>
    public NetworkTraining(
        TrainableNetwork network,
        NetworkSettings settings,
        BatchSource batches,
        NetworkValidation? validation,
        ILogger logger,
        TimeProvider timeProvider,
        ReplicaGroup? replicas = null,
        StepWatch? watch = null,
        TrainingDevice? device = null)
    {
        (_network, _options, _batches, _validation, _logger, _timeProvider) = (network, settings.Options, batches, validation, logger, timeProvider);
        (_replicas, _watch) = (replicas, watch);
        if (replicas?.Elastic is not { HasSnapshot: true })
        {
            ThrowIfNeverWarm();
        }

        _callbacks = replicas is { IsTold: false } ? [] : [.. _options.Callbacks];
        _canBeStopped = replicas?.Any(_callbacks.Count > 0, "callbacks") ?? true;
        _device = device ?? TrainingDevice.Host;
        GoTo(_device);
        _parameters = new(network, _options.Optimizer.DecayBiasesAndNorms, _device);
        _schedule = new(_options.Schedule, _options.LearningRate, StepsPerEpoch, _options.MaxEpochs);
        _scaler = _options.Precision == NetworkPrecision.Float16 ? new() : null;
        _exchange = replicas is not { Options.LocalSteps: 1 } ? null : new(replicas, _parameters, _scaler, logger, timeProvider);
        _optimizer = FlatOptimizer.Create(_parameters, _options.Optimizer, _options.WeightDecay, TorchAbi.IsAvailable, _exchange?.Shards?.Mine);
        _local = replicas is { Options.LocalSteps: > 1 } ? new(replicas, _parameters, _optimizer) : null;
        if (replicas is { IsFirst: true, Shard.Count: var count } && _exchange?.Shards is not null)
        {
            _logger.LogInformation(
                "The optimizer keeps {Bytes} of {AllBytes} bytes of its state on this replica, and the rest on {Others} others",
                (long)_optimizer.Length * sizeof(float) * _optimizer.State.Count,
                (long)_parameters.Length * sizeof(float) * _optimizer.State.Count,
                count - 1);
        }

        _state = new(network, _parameters, _optimizer, _schedule, _scaler, _options.AverageDecay > 0, validation is not null, replicas, _exchange);
        _step = new(network, _parameters, _optimizer, NetworkLoss.Create(settings, batches.Targets, isTraining: true), settings, _scaler, _exchange, watch);
        _reporter = replicas is null || watch is null ? null : new(replicas, watch, logger);
    }

    /// <summary>Where training stands.</summary>
    public TrainingPosition Position => _state.Position;

    /// <summary>Batches of an epoch.</summary>
    public int BatchCount => _batches.BatchCount;

    private int StepsPerEpoch => (_batches.BatchCount + _options.Optimizer.AccumulationSteps - 1) / _options.Optimizer.AccumulationSteps;

    /// <summary>Goes to where a checkpoint was taken.</summary>
    /// <param name="checkpoint">A checkpoint of this training.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="Mlp.Runtime.CorruptFileException">It lacks what this training has.</exception>
    public void GoTo(NetworkCheckpoint checkpoint, string path) => _state.Restore(checkpoint, path);

    /// <summary>Gives weights and state of rank 0 to all replicas, or those of the newest snapshot of an elastic group. Does nothing for one alone.</summary>
    public void Share()
    {
        if (_replicas?.Elastic is not { } elastic)
        {
            _state.Share();
            return;
        }

        elastic.Share(_state, _replicas);
        ElasticPosition.Adapt(Position, _replicas.Shard.Count, _batches, StepsPerEpoch);
        _batches.StartWithin(Position.Epoch, Position.TrainedUnits);
        if (elastic.TakeChange() is { } change)
        {
            _logger.LogWarning("{Change} Training goes on from step {Step}.", change.ToString(), Position.Step);
            Tell(c => c.ReplicasChanged(change, Position.Step));
        }

        elastic.Keep(_state);
    }

    /// <summary>The batches from where training stands; the caller disposes of it.</summary>
    public BatchLoader Load() => new(_batches, _options.Optimizer.AccumulationSteps, _options.PrefetchBatches, Position.Epoch, Position.Batch, _options.MaxEpochs, _device);

    /// <summary>Takes a step.</summary>
    /// <param name="loader">What <see cref="Load"/> gave.</param>
    /// <param name="cancellationToken">Ends waiting for a batch.</param>
    public NetworkStep TakeStep(BatchLoader loader, CancellationToken cancellationToken)
    {
        var (rate, rows) = (_schedule.At(Position.Step + Position.ScheduleShift), 0);
        _watch?.BeginStep(Position.Step + 1);
        _step.Begin();
        var end = Math.Min(Position.Batch + _options.Optimizer.AccumulationSteps, _batches.BatchCountOf(Position.Epoch));
        for (; Position.Batch < end; Position.Batch++)
        {
            _watch?.Enter(StepPhase.Load);
            var batch = loader.Take(cancellationToken);
            rows += batch.Count;
            _step.Add(batch, rate, isLast: Position.Batch + 1 == end);
        }

        var hasMoved = _step.End(rate, Position.Epoch, end);
        Position.Step++;
        var (lossSum, lossShare) = _local?.EndStep(Position.Step, _step.LossSum, _step.LossShare) ?? (_step.LossSum, _step.LossShare);
        Position.LossSum += lossSum;
        Position.LossShare += lossShare;
        if (hasMoved)
        {
            _state.Average(_options.AverageDecay);
        }

        _watch?.EndStep(rows);
        return new(Position.Step, Position.Epoch, _step.Loss, rate, _step.GradientNorm, !hasMoved);
    }

    /// <summary>Trains to the end and leaves the best weights in the network.</summary>
    /// <param name="folder">Where checkpoints go; null for none.</param>
    /// <param name="identity">What they are of.</param>
    /// <param name="progress">Told after each epoch.</param>
    /// <param name="cancellationToken">Ends training between steps.</param>
    public void Run(CheckpointFolder? folder, CheckpointIdentity identity, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var (started, before) = (_timeProvider.GetTimestamp(), Position.Elapsed);
        var saves = _replicas?.Any(folder is not null, "checkpoints") ?? folder is not null;
        if (!Position.IsFinished)
        {
            using var loader = Load();
            while (!Position.IsFinished)
            {
                RunEpoch(loader, saves && _options.Checkpoints.EverySteps > 0 ? Save : null, cancellationToken);
                Position.Elapsed = before + _timeProvider.GetElapsedTime(started);
                var (epoch, metric) = EndEpoch(cancellationToken);
                KeepSnapshot();
                if (saves && (Position.IsFinished || epoch.Epoch % _options.Checkpoints.EveryEpochs == 0))
                {
                    Save(metric);
                }

                progress?.Report(epoch);
            }
        }

        if (Position.BestEpoch == 0)
        {
            throw new TrainingDivergedException(Position.Epoch - 1, BatchCount, _options.LearningRate, DivergencePhase.Validation);
        }

        Position.Replicas = _reporter?.Training;
        _state.GiveBest();
        _network.Evaluate();
        _logger.LogInformation(
            "Trained {Epochs} epochs in {Elapsed}; the best was {BestEpoch} with {Metric} {Value}",
            Position.History.Count,
            Position.Elapsed,
            Position.BestEpoch,
            _options.StopMetric,
            Position.BestMetric);

        // What is to be kept is known to all replicas and written by one.
        void Save(double? metric) => Watched("checkpoint", () =>
        {
            _state.Gather();
            folder?.Save(_state.Capture(identity, metric));
        });
    }

    public void Dispose()
    {
        _exchange?.Dispose();
        _batches.Dispose();
        _validation?.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
        if (!_device.IsHost)
        {
            NetworkPlacement.Move(_network, static tensor => tensor.cpu().clone());
        }
    }

    private void GoTo(TrainingDevice device)
    {
        if (!device.IsHost)
        {
            DeviceChoice.ThrowIfUnsupported(device);
            NetworkPlacement.Move(_network, device.Place);
            _validation?.GoTo(device);
        }
    }

    private void ThrowIfNeverWarm()
    {
        if (_options.Schedule.WarmUpSteps > (long)StepsPerEpoch * _options.MaxEpochs)
        {
            throw new TrainingDataException(FormattableString.Invariant(
                $"Expected a training longer than its warm-up of {_options.Schedule.WarmUpSteps} steps, but {_options.MaxEpochs} epochs of {StepsPerEpoch} steps are {(long)StepsPerEpoch * _options.MaxEpochs}: the learning rate would never be reached."));
        }
    }

    private void RunEpoch(BatchLoader loader, Action<double?>? save, CancellationToken cancellationToken)
    {
        _network.Train();
        Tell(c => c.EpochBegun(Position.Epoch, _control));
        while (Position.Batch < _batches.BatchCountOf(Position.Epoch) && !IsStopped())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var step = TakeStep(loader, cancellationToken);
            _reporter?.StepEnded();
            foreach (var callback in _callbacks)
            {
                callback.StepEnded(step, _control);
            }

            var isWithin = Position.Batch < _batches.BatchCountOf(Position.Epoch);
            if (save is not null && Position.Step % _options.Checkpoints.EverySteps == 0 && isWithin)
            {
                save(null);
            }

            if (isWithin && _replicas?.Elastic?.IsDue(Position.Step) == true)
            {
                KeepSnapshot();
            }
        }

        _watch?.Rest();
    }

    private void KeepSnapshot()
    {
        if (_replicas?.Elastic is { } elastic)
        {
            Watched("snapshot", () => elastic.Keep(_state));
            if (!Position.IsFinished)
            {
                elastic.LetIn(_replicas);
            }
        }
    }

    private void Watched(string name, Action work)
    {
        if (_watch is null)
        {
            work();
        }
        else
        {
            _watch.Outside(name, work);
        }
    }

    private (TrainingProgress Progress, double? Metric) EndEpoch(CancellationToken cancellationToken)
    {
        var (lossSum, lossShare) = _local?.Meet() ?? default;
        Position.LossSum += lossSum;
        Position.LossShare += lossShare;
        var loss = Position.LossShare == 0 ? 0 : Position.LossSum / Position.LossShare;
        _state.ShareStatistics();
        EpochScore? score = null;
        if (_validation is not null)
        {
            Watched("validation", () => score = _state.WithAverage(() => Validate(cancellationToken)));
        }

        var isBetter = score is not { } found || IsBetter(found.Metric, Position.BestMetric, 0, Position.BestEpoch == 0);
        if (isBetter)
        {
            (Position.BestEpoch, Position.BestMetric) = (Position.Epoch, score?.Metric ?? loss);
        }

        var hasImproved = score is not { } measured || IsBetter(measured.Metric, Position.ImprovedMetric, _options.MinimumImprovement, Position.ImprovedEpoch == 0);
        if (hasImproved)
        {
            (Position.ImprovedEpoch, Position.ImprovedMetric) = (Position.Epoch, score?.Metric ?? loss);
        }

        _schedule.EpochEnded(hasImproved);
        var progress = new TrainingProgress(Position.Epoch, _options.MaxEpochs, loss, score?.Loss, Position.BestEpoch, Position.Elapsed)
        {
            ValidationMetric = _options.StopMetric == ValidationMetric.Loss ? null : score?.Metric,
            Replicas = _reporter?.EndEpoch(),
        };
        Position.History.Add(progress);
        _logger.LogDebug("Epoch {Epoch}: training loss {TrainingLoss}, validation loss {ValidationLoss}", progress.Epoch, loss, score?.Loss);
        Tell(c => c.EpochEnded(progress, _control));
        Position.IsFinished = IsStopped() || Position.Epoch == _options.MaxEpochs || Position.Epoch - Position.ImprovedEpoch >= _options.EarlyStoppingPatience;
        (Position.Epoch, Position.Batch, Position.TrainedUnits, Position.LossSum, Position.LossShare) = (Position.Epoch + 1, 0, 0, 0, 0);
        return (progress, score?.Metric);

        EpochScore Validate(CancellationToken token)
        {
            _network.Evaluate();
            var measured = _validation!.Measure(_network, token);
            if (double.IsNaN(measured.Metric) && double.IsFinite(measured.Loss))
            {
                throw new TrainingDataException($"Expected validation rows from which {_options.StopMetric} can be computed, but those given hold one class only.");
            }

            // The weights that were measured are those to keep, so they are taken while they are in the network.
            if (IsBetter(measured.Metric, Position.BestMetric, 0, Position.BestEpoch == 0))
            {
                _state.TakeBest();
            }

            return measured;
        }
    }

    private bool IsBetter(double metric, double best, double margin, bool isFirst)
        => !double.IsNaN(metric)
            && (isFirst
                ? double.IsFinite(metric)
                : NetworkValidation.IsGreaterBetter(_options.StopMetric) ? metric > best + margin : metric < best - margin);

    private bool IsStopped() => _canBeStopped && (_replicas?.Any(_control.IsStopped, "stop") ?? _control.IsStopped);

    private void Tell(Action<INetworkCallback> what)
    {
        foreach (var callback in _callbacks)
        {
            what(callback);
        }
    }
}
