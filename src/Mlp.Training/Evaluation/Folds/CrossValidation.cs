using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation.Slices;
using Mlp.Training.Runs;
using Mlp.Training.Sampling;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>
/// Trains on parts of the rows and measures on the others, so that each row is scored by a model that has not seen it. A trainer that stops early takes its validation rows from the training rows of the fold: test rows
/// decide nothing. Thread-safe.
/// </summary>
public static class CrossValidation
{
    /// <summary>Cross-validates a trainer.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="trainingSet">The rows.</param>
    /// <param name="options">Folds and metrics; null for five folds.</param>
    /// <param name="tracker">Keeps the cross-validation as a run and each fold as a run of it; null for nobody.</param>
    /// <param name="progress">Told after each fold, on a thread of the cross-validation.</param>
    /// <param name="cancellationToken">Ends it; runs under way have failed then.</param>
    /// <returns>The metrics and the out-of-fold predictions.</returns>
    /// <exception cref="TrainingDataException">The rows are not fit: no label, fewer rows or groups than folds, a class that only test rows have, an unknown column.</exception>
    /// <exception cref="ArgumentException">An option is out of range or does not fit the task.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<CrossValidationResult> RunAsync(
        ITrainer trainer,
        ITrainingSet trainingSet,
        CrossValidationOptions? options = null,
        IRunTracker? tracker = null,
        IProgress<CrossValidationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(trainingSet);
        options = Checked(options);
        options.Evaluation.ThrowIfWithoutEffect(trainer.Task);
        MetricRule.For(trainer.Task, options.Evaluation.SliceMetric);
        var (rows, folds) = await PlanAsync(trainingSet, trainer.Task, options, cancellationToken).ConfigureAwait(false);
        var slices = await SliceAssignment.ReadAsync(trainingSet, options.Evaluation, cancellationToken).ConfigureAwait(false);
        var run = new FoldRuns(tracker, options, trainingSet.Manifest, trainer);
        await using var _ = run.ConfigureAwait(false);
        var work = new FoldWork(trainer, trainingSet, rows, options, run, progress);
        var results = await work.RunAsync(folds, cancellationToken).ConfigureAwait(false);
        var predictions = work.Collect(folds);
        var testShare = results.Average(f => (double)f.TestRowCount / f.TrainingRowCount);
        var metrics = CrossValidationResult.Summarise(results, testShare);
        var result = new CrossValidationResult
        {
            Task = trainer.Task,
            Folds = results,
            Metrics = metrics,
            OutOfFold = EvaluationCalculator.Compute(
                predictions.Rows, slices.Of(predictions.RowNumbers, rows.RowCount), options.Evaluation.DecisionThreshold ?? FoldWork.DefaultThreshold, options.Evaluation, cancellationToken),
            Predictions = predictions,
            TestShare = testShare,
            FoldFingerprint = FoldPlan.Fingerprint(folds, trainingSet.Manifest.ContentHash),
            RunId = run.Id,
            Notes = NotesOf(metrics, predictions, rows.RowCount),
        };
        await run.FinishAsync(result, cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>The folds alone, for work of your own, for example as the folds of a search.</summary>
    /// <param name="trainingSet">The rows.</param>
    /// <param name="task">What labels are.</param>
    /// <param name="options">How rows are parted; null for five folds.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The folds of the first repeat, then of the next.</returns>
    /// <exception cref="TrainingDataException">The rows are not fit: no label, fewer rows or groups than folds, a class that only test rows have, an unknown column.</exception>
    /// <exception cref="ArgumentException">An option is out of range or does not fit the task.</exception>
    public static async Task<IReadOnlyList<Fold>> SplitAsync(
        ITrainingSet trainingSet, ModelTask task, CrossValidationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainingSet);
        var (_, planned) = await PlanAsync(trainingSet, task, Checked(options), cancellationToken).ConfigureAwait(false);
        var folds = new List<Fold>();
        foreach (var fold in planned)
        {
            folds.Add(await CutAsync(trainingSet, fold, cancellationToken).ConfigureAwait(false));
        }

        return folds;
    }

    /// <summary>The rows of a fold.</summary>
    internal static async Task<Fold> CutAsync(ITrainingSet set, PlannedFold fold, CancellationToken cancellationToken)
    {
        Task<RowSelection> SelectAsync(Func<int, bool> isTaken) => RowSelection.CreateAsync(
            set, [.. Enumerable.Range(0, fold.FoldOf.Length).Select(row => isTaken(row) ? 1 : 0)], () => $"Expected rows in fold {fold.Number}, but found none.", cancellationToken);
        return new(fold.Repeat, fold.Number, await SelectAsync(fold.IsTraining).ConfigureAwait(false), await SelectAsync(fold.IsTest).ConfigureAwait(false));
    }

    private static async Task<(FoldRows Rows, IReadOnlyList<PlannedFold> Folds)> PlanAsync(
        ITrainingSet set, ModelTask task, CrossValidationOptions options, CancellationToken cancellationToken)
    {
        if (task == ModelTask.Ranking && string.IsNullOrEmpty(options.Evaluation.GroupColumn))
        {
            throw new ArgumentException(
                $"Expected {nameof(CrossValidationOptions)}.{nameof(CrossValidationOptions.Evaluation)}.{nameof(EvaluatorOptions.GroupColumn)} to name the column of groups for a ranking, but found none.", nameof(options));
        }

        var scheme = FoldPlan.SchemeOf(task, options);
        var rows = await FoldRows.ReadAsync(set, task, scheme, options, cancellationToken).ConfigureAwait(false);
        return (rows, FoldPlan.Create(rows, scheme, options));
    }

    private static CrossValidationOptions Checked(CrossValidationOptions? options)
    {
        options ??= new();
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));
        return options;
    }

    private static List<string> NotesOf(SortedDictionary<string, FoldMetric> metrics, OutOfFoldPredictions predictions, int rowCount)
    {
        var notes = new List<string>();
        foreach (var (name, metric) in metrics)
        {
            var missing = metric.Values.Count(double.IsNaN);
            if (missing > 0)
            {
                notes.Add(FormattableString.Invariant($"The {name} is not defined in {missing} of {metric.Values.Count} folds; its mean is that of the others."));
            }
        }

        if (predictions.RowNumbers.Count < rowCount)
        {
            notes.Add(FormattableString.Invariant($"{rowCount - predictions.RowNumbers.Count} of {rowCount} rows were never tested."));
        }

        return notes;
    }
}
