using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Telemetry;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Evaluation;
using Mlp.Training.Hosting;
using Mlp.Training.Preprocessing;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>
/// Trains trees by LightGBM. The first rows by time train, the last ones validate, or those of a set of their own: training stops when the metric on them no longer gets better, and
/// the iterations up to the best are kept. Thread-safe; each call trains a model of its own.
/// </summary>
public sealed class TreeTrainer : ITrainer
{
    private readonly TreeOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates a trainer.</summary>
    /// <param name="options">Settings; copied, later changes have no effect.</param>
    /// <param name="logger">Told of each training; null for nobody.</param>
    /// <param name="timeProvider">Measures how long iterations take; the system's clock when null.</param>
    /// <exception cref="ArgumentException">A setting is out of range. The group whose rank this process is has ended with this sentence, so that no other rank waits for this one.</exception>
    public TreeTrainer(TreeOptions options, ILogger<TreeTrainer>? logger = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = Replicas.WithOthers(options.Distributed.Group, () => Settle(options), CancellationToken.None);
        _logger = logger ?? NullLogger<TreeTrainer>.Instance;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public ModelTask Task => TreeParameters.TaskOf(_options.Objective);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters => TreeSettings.Of(_options);

    int ITrainer.ThreadCount => _options.Threads == 0 ? Environment.ProcessorCount : _options.Threads;

    /// <summary>Trains trees. Nothing remains of a training that fails or is cancelled.</summary>
    /// <param name="trainingSet">The rows, in order of time, with a label column and, where the manifest names one, a weight column.</param>
    /// <param name="validation">Rows that decide when to stop; null for the last ones of <paramref name="trainingSet"/>.</param>
    /// <param name="progress">Told after each iteration, on a thread of the trainer.</param>
    /// <param name="cancellationToken">Ends training between iterations.</param>
    /// <returns>The trees; the caller disposes of them.</returns>
    /// <exception cref="TrainingDataException">The rows are not fit to train on.</exception>
    /// <exception cref="LightGbmException">LightGBM refuses rows or settings.</exception>
    /// <exception cref="ArgumentException">A feature, class or parameter that the settings name does not exist.</exception>
    /// <exception cref="InvalidOperationException">The metric that decides when to stop is NaN.</exception>
    /// <exception cref="CollectiveException">A rank of <see cref="DistributedTreeOptions.Group"/> is lost or late, or would train something else; the sentence names it.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package LightGBM.</exception>
    /// <exception cref="PlatformNotSupportedException">LightGBM cannot run on this host.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<TrainedTrees> FitAsync(
        ITrainingSet trainingSet, ITrainingSet? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
        => FitAsync(trainingSet, null, validation, progress, cancellationToken);

    /// <summary>Goes on where other trees ended: new iterations are added to theirs, which stay as they are. Categories keep the numbers that they had.</summary>
    /// <param name="previous">Trees of the same task over the same features, whose sums become scores in the same way: an objective of counts does not go on from one of squared errors.</param>
    /// <param name="trainingSet">The rows that the new trees learn from.</param>
    /// <param name="validation">Rows that decide when to stop; null for the last ones of <paramref name="trainingSet"/>.</param>
    /// <param name="progress">Told after each iteration, on a thread of the trainer.</param>
    /// <param name="cancellationToken">Ends training between iterations.</param>
    /// <returns>The earlier trees and the new ones; the caller disposes of them.</returns>
    /// <exception cref="TrainingDataException">The rows are not fit to train on.</exception>
    /// <exception cref="LightGbmException">LightGBM refuses rows or settings.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The settings train a random forest, which has no order to go on in, or the trees are of another task, link or classes, or the metric is NaN.</exception>
    public Task<TrainedTrees> ContinueAsync(
        TrainedTrees previous, ITrainingSet trainingSet, ITrainingSet? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(previous);
        ThrowIfUnfit(previous, "continue");
        return FitAsync(trainingSet, previous, validation, progress, cancellationToken);
    }

    /// <summary>
    /// Keeps the splits of trees and learns what their leaves say anew, from all rows given: value = decay · old + (1 − decay) · new, tree by tree. Where the shape of a relation has stayed and its level has moved, it is
    /// a cheap step between trainings. Learning rate and regularisation of the new values are this trainer's.
    /// </summary>
    /// <param name="previous">Trees of the same task over the same features.</param>
    /// <param name="trainingSet">The rows that the leaves learn from. None of them validates.</param>
    /// <param name="decay">How much of the old values is kept, 0 to 1.</param>
    /// <param name="cancellationToken">Ends before LightGBM begins.</param>
    /// <returns>Trees with the same splits; the caller disposes of them.</returns>
    /// <exception cref="TrainingDataException">The rows are not fit to train on, or too many for the trees.</exception>
    /// <exception cref="LightGbmException">LightGBM refuses rows or settings.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The decay is out of range.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The trees are a random forest, or of another task or link, other features or classes.</exception>
    public async Task<TrainedTrees> RefitAsync(TrainedTrees previous, ITrainingSet trainingSet, double decay = 0.9, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(previous);
        ArgumentNullException.ThrowIfNull(trainingSet);
        if (!(decay is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(decay), FormattableString.Invariant($"Expected a decay of 0 to 1, but found {decay}."));
        }

        ThrowIfUnfit(previous, "refit");
        return await TracedWork.RunAsync(
            () => TrainingActivities.Start(TrainingSpans.Fit),
            async () =>
            {
                var (rows, _) = await ReadAsync(trainingSet, previous, null, cancellationToken).ConfigureAwait(false);
                TreeLabels.ThrowIfUnfit(rows, rows.RowCount, _options);
                return await System.Threading.Tasks.Task.Factory.StartNew(
                    () => TreeRefit.Run(_options, previous, rows, trainingSet.Manifest, decay, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            },
            static (span, trained) => span.SetTag("rows", trained.Manifest.RowCount)).ConfigureAwait(false);
    }

    async Task<IFittedModel> ITrainer.FitAsync(ITrainingSet trainingSet, ITrainingSet? validation, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
        => await FitAsync(trainingSet, null, validation, progress, cancellationToken).ConfigureAwait(false);

    private static TreeOptions Settle(TreeOptions options)
    {
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));
        return options.Copy();
    }

    private async Task<TrainedTrees> FitAsync(
        ITrainingSet trainingSet, TrainedTrees? previous, ITrainingSet? validation, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trainingSet);
        return await TracedWork.RunAsync(
            () => TrainingActivities.Start(TrainingSpans.Fit),
            () => Replicas.WithOthersAsync(_options.Distributed.Group, () => ReadAndFitAsync(trainingSet, previous, validation, progress, cancellationToken)),
            static (span, trained) => span.SetTag("rows", trained.Manifest.RowCount).SetTag("epochs", trained.History.Count)).ConfigureAwait(false);
    }

    private async Task<TrainedTrees> ReadAndFitAsync(
        ITrainingSet trainingSet, TrainedTrees? previous, ITrainingSet? validation, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var (rows, held) = await ReadAsync(trainingSet, previous, validation, cancellationToken).ConfigureAwait(false);
        return await System.Threading.Tasks.Task.Factory.StartNew(
            () => Fit(rows, held, validation?.Manifest.ContentHash, previous, trainingSet.Manifest, progress, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private void ThrowIfUnfit(TrainedTrees previous, string what)
    {
        if (_options.Boosting == TreeBoosting.RandomForest || previous.Model.IsAveraged)
        {
            throw new InvalidOperationException($"Expected boosted trees to {what}, but found a random forest, whose trees have no order.");
        }

        if (previous.Task != Task)
        {
            throw new InvalidOperationException($"Expected trees for {Task} to {what}, but found {previous.Task}.");
        }
    }

    private async Task<(LabelledRows Rows, LabelledRows? Held)> ReadAsync(ITrainingSet trainingSet, TrainedTrees? previous, ITrainingSet? validation, CancellationToken cancellationToken)
    {
        LightGbmLibrary.EnsureLoaded();
        TreeParameters.ThrowIfUnknown(_options);
        var features = trainingSet.Manifest.Features;
        if (features.Count == 0)
        {
            throw new TrainingDataException("Expected at least one feature, but the training set's manifest names none.");
        }

        if (previous is not null && !previous.Features.SequenceEqual(features))
        {
            throw new InvalidOperationException("Expected the features that the trees were trained on, in the same order, but the training set has others.");
        }

        LabelledRows.RequireTrainable(trainingSet, validation, _options.GroupColumn);
        var reading = new RowReading { Task = Task, TakesWeights = true, GroupColumn = _options.GroupColumn, ClassNames = previous?.ClassNames ?? [] };
        var rows = await LabelledRows.ReadAsync(trainingSet, features, reading, cancellationToken).ConfigureAwait(false);
        var held = validation is null
            ? null
            : await LabelledRows.ReadAsync(validation, features, reading with { ClassNames = rows.ClassNames, IsValidation = true }, cancellationToken).ConfigureAwait(false);
        return (rows, held);
    }

    private TrainedTrees Fit(
        LabelledRows rows, LabelledRows? held, string? heldHash, TrainedTrees? previous, TrainingSetManifest manifest, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var trainingCount = held is null ? Cut(rows) : rows.RowCount;
        TreeLabels.ThrowIfUnfit(rows, trainingCount, _options);
        HeldOutClasses.WarnIfOthers(_logger, rows, trainingCount, manifest, Task);
        TinyWeights.WarnIfTiny(_logger, rows, trainingCount, _options);
        if (held is not null)
        {
            TreeLabels.ThrowIfUnfit(held, _options);
        }

        var encoding = previous?.Encoding ?? TreeEncoding.Learn(rows.Table, trainingCount, _options);
        var training = new TreeRows(rows, 0, trainingCount);
        TreeRows? validation = held is not null ? new(held, 0, held.RowCount) : trainingCount < rows.RowCount ? new(rows, trainingCount, rows.RowCount - trainingCount) : null;
        if (validation is { } validating)
        {
            TreeLabels.ThrowIfWithoutWeight(validating, _options);
        }

        var classCount = Task == ModelTask.MulticlassClassification ? rows.ClassNames.Count : 1;
        cancellationToken.ThrowIfCancellationRequested();
        TreeShares.ThrowIfTooFew(training, _options.Distributed.WorldSize);
        using var threads = new LightGbmThreads(TreeParameters.ThreadsOf(_options));
        using var data = new TreeData(_options, encoding, classCount, training, validation, previous);
        var (text, history) = TreeReplicas.Train(_options, data, (manifest.ContentHash, heldHash), _timeProvider, progress, cancellationToken);
        var trees = new TrainedTrees(LightGbmModel.Parse(text), encoding, rows, trainingCount, manifest, Task, history, _options.Conversion)
        {
            UnseenStart = UnseenStart(previous, manifest, trainingCount, rows.RowCount),
            Settings = TreeSettings.Of(_options),
        };
        _logger.LogInformation(
            "Trained {Iterations} iterations in {Elapsed}; the best was {BestIteration}", history.Count, history[^1].Elapsed, history[^1].BestEpoch);
        return trees;
    }

    // Of other rows nobody knows whether they trained the earlier trees.
    private static int UnseenStart(TrainedTrees? previous, TrainingSetManifest manifest, int trainingCount, int rowCount) => previous switch
    {
        null => trainingCount,
        { Manifest: var earlier } when earlier.ContentHash == manifest.ContentHash && earlier.RowCount == manifest.RowCount => Math.Max(trainingCount, previous.UnseenStart),
        _ => rowCount,
    };

    // Rows of one time, and of one group, stay together.
    private int Cut(LabelledRows rows)
    {
        var cut = TimeOrder.CutByShare(rows.Times, rows.RowCount, _options.ValidationShare);
        while (!rows.Groups.IsEmpty && cut > 0 && cut < rows.RowCount && rows.Groups[cut] == rows.Groups[cut - 1])
        {
            cut--;
        }

        return cut;
    }
}
