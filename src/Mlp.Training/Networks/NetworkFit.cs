using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.Diagnostics;
using Mlp.Training.Distributed.Elastic;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Networks.Devices;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Networks.Streams;
using Mlp.Training.Networks.Weights;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>One training: from rows to a trained network, on the thread that calls or, for replicas in this process, on one for each.</summary>
internal sealed class NetworkFit(NetworkSettings settings, TrainingRows rows, string? resumeFrom, ILogger logger, TimeProvider timeProvider)
{
    private readonly NetworkOptions _options = settings.Options;
    private TrainingDevice[] _devices = [TrainingDevice.Host];

    /// <summary>Trains.</summary>
    public TrainedNetwork Run(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        _devices = settings.FindDevices(new TorchGpus());
        var scale = rows.Stream is { } stream
            ? TargetScale.Learn(stream.Survey, _options.Task, rows.Manifest.RowCount)
            : TargetScale.Learn(rows.Training, rows.TrainingCount, _options.Task);
        HeldOutClasses.WarnIfOthers(logger, rows.Training, rows.TrainingCount, rows.Manifest, _options.Task);
        var outputs = _options.Task == ModelTask.MulticlassClassification ? rows.Training.ClassNames.Count : 1;
        var encoding = FeatureEncoding.Learn(rows.Training, rows.TrainingCount, _options.Preprocessing, new(_options.Task, outputs, _options.Seed));
        ThrowIfUnfit();
        cancellationToken.ThrowIfCancellationRequested();
        var encoded = encoding.EncodeLearned(rows.Training.Table, rows.TrainingCount);
        var classWeights = rows.Stream is { Survey: var survey }
            ? TrainingTargets.ClassWeights(_options.Loss, _options.Task, survey.LabelColumnName, survey.ClassNames, survey.ClassCounts)
            : TrainingTargets.ClassWeights(_options.Loss, _options.Task, rows.Training, rows.TrainingCount);
        var targets = rows.Stream is null ? TrainingTargets.Of(rows.Training, 0, rows.TrainingCount, scale, classWeights) : null;
        var data = new FitData(encoding, encoded, scale, outputs, classWeights, targets, Validation(encoding, encoded, scale, classWeights));
        using var timeline = ReplicaWatching.OpenTimeline(_options.DataParallel, timeProvider, logger);
        TrainedNetwork Train(ReplicaGroup? replicas) => TorchThreads.Process.Use(
            Math.Max(1, _options.Threads / _options.DataParallel.Replicas), () => Fit(data, replicas, timeline, replicas is { IsTold: false } ? null : progress, cancellationToken));
        return _options.DataParallel switch
        {
            { Elastic.Group: not null } => ElasticReplicas.Run(_options.DataParallel, Facts(data, Identity(data, isCompared: true)), Train, cancellationToken),
            { Group: { } group } => Replicas.RunAs(group, _options.DataParallel, Train, cancellationToken),
            { Replicas: > 1 } => Replicas.RunHere(_options.DataParallel, Train, cancellationToken, GpuGroups()),
            _ => Train(null),
        };
    }

    // Replicas with a GPU each exchange gradients between GPUs, where NCCL is found, and by way of the host otherwise.
    private IReadOnlyList<ProcessGroup>? GpuGroups()
    {
        if (_devices.Any(d => d.Gpu is null) || _devices.Distinct().Count() != _devices.Length)
        {
            return null;
        }

        try
        {
            return ProcessGroup.CreateOnGpus([.. _devices.Select(d => d.Gpu!.Value)], Replicas.GroupOptions(_options.DataParallel.Timeout));
        }
        catch (GpuUnavailableException e)
        {
            logger.LogWarning("Gradients of {Replicas} replicas travel by way of the host, not between GPUs: {Reason}", _devices.Length, e.Message);
            return null;
        }
    }

    private void ThrowIfUnfit()
    {
        if (rows.Training.RowCount < TrainingRows.MinimumRowCount)
        {
            throw new TrainingDataException(
                FormattableString.Invariant($"Expected at least {TrainingRows.MinimumRowCount} rows to fit a network to, but the training set has {rows.Training.RowCount}: what it learned from them would be chance."));
        }

        if (_options.Schedule.Kind == ScheduleKind.ReduceOnPlateau && !rows.HasValidation)
        {
            throw new TrainingDataException(
                $"Expected rows that validate for the schedule {ScheduleKind.ReduceOnPlateau}, which waits for them to become better, but there are none: bring some, or a validation share above 0.");
        }

        ThrowIfTooFewFor(_options.DataParallel.WorldSize);
    }

    private void ThrowIfTooFewFor(int replicas)
    {
        var (units, name) = rows.Training.Groups.IsEmpty ? (rows.TrainedCount, "training rows") : (CountGroups(), "groups of training rows");
        if (replicas > 1 && units < 2 * replicas)
        {
            throw new TrainingDataException(FormattableString.Invariant(
                $"Expected at least two {name} for each of {replicas} replicas, so that each has some in every step, but there are {units}."));
        }
    }

    private long CountGroups()
    {
        var groups = rows.Training.Groups[..rows.TrainingCount];
        var count = 0;
        for (var row = 0; row < groups.Length; row++)
        {
            count += row == 0 || groups[row] != groups[row - 1] ? 1 : 0;
        }

        return count;
    }

    private TrainedNetwork Fit(FitData data, ReplicaGroup? replicas, TimelineFile? timeline, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var network = LayeredNetwork.Build(settings.DefinitionFor(data.Encoding), data.Encoding.Width, data.Encoding.Ids, data.Outputs, _options.Seed);
        try
        {
            var position = Train(network, data, replicas, timeline, progress, cancellationToken);
            network.Join(null, _options.Seed);
            return new TrainedNetwork(network, new(_options.Task, data.Scale, data.Outputs), data.Encoding, rows, data.Encoded, position)
            {
                Parameters = settings.Texts(data.Encoding),
                UnseenStart = _options.InitialWeights is null ? rows.TrainingCount : rows.Training.RowCount,
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The training disposes of its batches and its validation.")]
    private TrainingPosition Train(
        LayeredNetwork network, FitData data, ReplicaGroup? replicas, TimelineFile? timeline, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var identity = Identity(data, isCompared: replicas is not null);
        if (replicas is not null)
        {
            ThrowIfTooFewFor(replicas.Shard.Count);
            replicas.Agree(Facts(network, data, identity));
        }

        network.Join(replicas, _options.Seed);

        // What one does for all: read what there is, and write.
        var isFirst = replicas?.IsFirst ?? true;
        using var folder = _options.Checkpoints.Directory is null || !isFirst
            ? null
            : new CheckpointFolder(DiskSync.Instance, _options.Checkpoints, NetworkValidation.IsGreaterBetter(_options.StopMetric));
        var goesOn = replicas?.Elastic is { HasSnapshot: true };
        var resumed = resumeFrom is null || !isFirst || goesOn ? null : CheckpointFolder.Find(resumeFrom, logger);
        if (resumed is { } found && identity.DifferenceFrom(found.Checkpoint.Identity) is { } difference)
        {
            throw new CheckpointRefusedException($"Expected a checkpoint of the same training in '{found.Path}', but {difference}.", found.Path);
        }

        folder?.TakeOver(identity, isNew: resumed is null && !goesOn);
        if (resumed is null && isFirst && !goesOn && _options.InitialWeights is { } weights)
        {
            NetworkWeightFile.Load(network, weights);
        }

        BatchSource batches = rows.Stream is { } stream
            ? new StreamBatches(stream, data.Encoding, data.Scale, data.ClassWeights, _options, replicas?.Shard)
            : new MemoryBatches(data.Encoded, data.Targets!, _options, replicas?.Shard);
        var validation = data.Validation is not { } part
            ? null
            : new NetworkValidation(settings, part.Rows, part.Offset, part.Targets, data.Scale, Math.Min(_options.BatchSize, part.Targets.RowCount), data.Outputs, replicas);
        using var watch = ReplicaWatching.Begin(replicas, timeline, timeProvider);
        using var training = new NetworkTraining(network, settings, batches, validation, logger, timeProvider, replicas, watch, _devices.Length == 1 ? _devices[0] : _devices[replicas!.Shard.Rank]);
        if (resumed is { } from)
        {
            training.GoTo(from.Checkpoint, from.Path);
            logger.LogInformation("Training goes on from step {Step} of '{Path}'", training.Position.Step, from.Path);
        }

        training.Share();
        training.Run(folder, identity, progress, cancellationToken);
        return training.Position;
    }

    private (EncodedRows Rows, int Offset, TrainingTargets Targets)? Validation(FeatureEncoding encoding, EncodedRows encoded, TargetScale scale, double[] classWeights)
    {
        if (!rows.HasValidation)
        {
            return null;
        }

        var (source, offset) = rows.Validation is { } other ? (other, 0) : (rows.Training, rows.TrainingCount);
        if (rows.Validation is not null && _options.Task == ModelTask.BinaryClassification)
        {
            LabelColumn.ThrowIfNotBinary(source.Labels, source.LabelColumnName);
        }

        var targets = TrainingTargets.Of(source, offset, source.RowCount - offset, scale, classWeights, part: TrainingTargets.ValidationPart);
        if (System.Array.FindIndex(targets.Values, t => !float.IsFinite(t)) is >= 0 and var extreme)
        {
            throw new TrainingDataException(
                FormattableString.Invariant($"Expected label '{source.LabelColumnName}' within the range of float32 in the rows that validate, but row {offset + extreme} is beyond it."),
                source.LabelColumnName,
                offset + extreme);
        }

        return (rows.Validation is null ? encoded : encoding.Encode(source.Table), offset, targets);
    }

    private CheckpointIdentity Identity(FitData data, bool isCompared)
    {
        var keeps = _options.Checkpoints.Directory is not null || resumeFrom is not null;
        return new(rows.Manifest.ContentHash, rows.ValidationHash, keeps || isCompared ? settings.Describe(data.Encoding) : [])
        {
            Encoding = keeps ? FeatureEncodingDocument.Write(data.Encoding) : null,
        };
    }

    private Dictionary<string, string> Facts(LayeredNetwork network, FitData data, CheckpointIdentity identity)
    {
        var facts = Facts(data, identity);
        foreach (var (name, parameter) in network.Parameters)
        {
            facts[$"shape of '{name}'"] = $"[{string.Join(", ", parameter.shape)}]";
        }

        return facts;
    }

    // What must be equal on all ranks. Paths and threads are each machine's own.
    private Dictionary<string, string> Facts(FitData data, CheckpointIdentity identity)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["number of rows"] = rows.Manifest.RowCount.ToString(CultureInfo.InvariantCulture),
            ["number of features"] = rows.Manifest.Features.Count.ToString(CultureInfo.InvariantCulture),
            ["training rows"] = identity.DataHash,
            ["validation rows"] = identity.ValidationHash ?? "none of their own",
        };
        foreach (var (name, value) in identity.Settings.Where(s => s.Key is not (nameof(NetworkOptions.InitialWeights) or nameof(NetworkOptions.Threads))))
        {
            facts[name] = value;
        }

        facts["Checkpoints.EverySteps"] = _options.Checkpoints.EverySteps.ToString(CultureInfo.InvariantCulture);
        facts["Checkpoints.EveryEpochs"] = _options.Checkpoints.EveryEpochs.ToString(CultureInfo.InvariantCulture);
        if (_options.DataParallel.Elastic is { Group: not null } elastic)
        {
            facts["DataParallel.Elastic.SnapshotEverySteps"] = elastic.SnapshotEverySteps.ToString(CultureInfo.InvariantCulture);
        }

        facts["DataParallel.BucketBytes"] = _options.DataParallel.BucketBytes.ToString(CultureInfo.InvariantCulture);
        facts["DataParallel.FirstBucketBytes"] = _options.DataParallel.FirstBucketBytes.ToString(CultureInfo.InvariantCulture);
        facts["DataParallel.ShardOptimizer"] = _options.DataParallel.ShardOptimizer ? "true" : "false";
        facts["DataParallel.BucketTuning"] = _options.DataParallel.BucketTuning is { IsEnabled: true, StepsPerSize: var steps } ? $"of {steps.ToString(CultureInfo.InvariantCulture)} steps" : "off";
        facts["what was learned of the features"] = ContentHash.Of(Encoding.UTF8.GetBytes(FeatureEncodingDocument.Write(data.Encoding).GetRawText()));
        return facts;
    }

    /// <summary>What is made of the rows once, for all replicas.</summary>
    private sealed record FitData(
        FeatureEncoding Encoding,
        EncodedRows Encoded,
        TargetScale Scale,
        int Outputs,
        double[] ClassWeights,
        TrainingTargets? Targets,
        (EncodedRows Rows, int Offset, TrainingTargets Targets)? Validation);
}
