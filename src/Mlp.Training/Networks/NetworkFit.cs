using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Networks.Streams;
using Mlp.Training.Networks.Weights;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>One training: from rows to a trained network, on the thread that calls.</summary>
internal sealed class NetworkFit(NetworkSettings settings, TrainingRows rows, string? resumeFrom, ILogger logger, TimeProvider timeProvider)
{
    private readonly NetworkOptions _options = settings.Options;

    /// <summary>Trains.</summary>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The trained network owns the network, the training its validation.")]
    public TrainedNetwork Run(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var scale = rows.Stream is { } stream
            ? TargetScale.Learn(stream.Survey, _options.Task, rows.Manifest.RowCount)
            : TargetScale.Learn(rows.Training, rows.TrainingCount, _options.Task);
        HeldOutClasses.WarnIfOthers(logger, rows.Training, rows.TrainingCount, rows.Manifest, _options.Task);
        var outputs = _options.Task == ModelTask.MulticlassClassification ? rows.Training.ClassNames.Count : 1;
        var encoding = FeatureEncoding.Learn(rows.Training, rows.TrainingCount, _options.Preprocessing, new(_options.Task, outputs, _options.Seed));
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

        cancellationToken.ThrowIfCancellationRequested();
        var encoded = encoding.EncodeLearned(rows.Training.Table, rows.TrainingCount);
        return TorchThreads.Process.Use(_options.Threads, () => Fit(encoding, encoded, scale, outputs, progress, cancellationToken));
    }

    private TrainedNetwork Fit(
        FeatureEncoding encoding, EncodedRows encoded, TargetScale scale, int outputs, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var network = LayeredNetwork.Build(settings.DefinitionFor(encoding), encoding.Width, encoding.Ids, outputs, _options.Seed);
        try
        {
            var position = Train(network, encoding, encoded, scale, outputs, progress, cancellationToken);
            return new TrainedNetwork(network, new(_options.Task, scale, outputs), encoding, rows, encoded, position)
            {
                Parameters = settings.Texts(encoding),
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
        TrainableNetwork network,
        FeatureEncoding encoding,
        EncodedRows encoded,
        TargetScale scale,
        int outputs,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken)
    {
        var classWeights = rows.Stream is { Survey: var survey }
            ? TrainingTargets.ClassWeights(_options.Loss, _options.Task, survey.LabelColumnName, survey.ClassNames, survey.ClassCounts)
            : TrainingTargets.ClassWeights(_options.Loss, _options.Task, rows.Training, rows.TrainingCount);
        var keeps = _options.Checkpoints.Directory is not null || resumeFrom is not null;
        var identity = new CheckpointIdentity(rows.Manifest.ContentHash, rows.ValidationHash, keeps ? settings.Describe(encoding) : [])
        {
            Encoding = keeps ? FeatureEncodingDocument.Write(encoding) : null,
        };
        using var folder = _options.Checkpoints.Directory is null
            ? null
            : new CheckpointFolder(DiskSync.Instance, _options.Checkpoints, NetworkValidation.IsGreaterBetter(_options.StopMetric));
        var resumed = resumeFrom is null ? null : CheckpointFolder.Find(resumeFrom, logger);
        if (resumed is { } found && identity.DifferenceFrom(found.Checkpoint.Identity) is { } difference)
        {
            throw new CheckpointRefusedException($"Expected a checkpoint of the same training in '{found.Path}', but {difference}.", found.Path);
        }

        folder?.TakeOver(identity, isNew: resumed is null);
        if (resumed is null && _options.InitialWeights is { } weights)
        {
            NetworkWeightFile.Load(network, weights);
        }

        BatchSource batches = rows.Stream is { } stream
            ? new StreamBatches(stream, encoding, scale, classWeights, _options)
            : new MemoryBatches(encoded, TrainingTargets.Of(rows.Training, 0, rows.TrainingCount, scale, classWeights), _options);
        using var training = new NetworkTraining(network, settings, batches, Validation(encoding, encoded, scale, classWeights, outputs), logger, timeProvider);
        if (resumed is { } from)
        {
            training.GoTo(from.Checkpoint, from.Path);
            logger.LogInformation("Training goes on from step {Step} of '{Path}'", training.Position.Step, from.Path);
        }

        training.Run(folder, identity, progress, cancellationToken);
        return training.Position;
    }

    private NetworkValidation? Validation(FeatureEncoding encoding, EncodedRows encoded, TargetScale scale, double[] classWeights, int outputs)
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

        var targets = TrainingTargets.Of(source, offset, source.RowCount - offset, scale, classWeights);
        if (System.Array.FindIndex(targets.Values, t => !float.IsFinite(t)) is >= 0 and var extreme)
        {
            throw new TrainingDataException(
                FormattableString.Invariant($"Expected label '{source.LabelColumnName}' within the range of float32 in the rows that validate, but row {offset + extreme} is beyond it."),
                source.LabelColumnName,
                offset + extreme);
        }

        return new(settings, rows.Validation is null ? encoded : encoding.Encode(source.Table), offset, targets, scale, Math.Min(_options.BatchSize, targets.RowCount), outputs);
    }
}
