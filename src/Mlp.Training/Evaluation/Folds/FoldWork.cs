using System.Runtime.ExceptionServices;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Sampling;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>Trains and measures the folds, several at once where the threads allow. For one cross-validation.</summary>
internal sealed class FoldWork(
    ITrainer trainer, ITrainingSet set, FoldRows rows, CrossValidationOptions options, FoldRuns runs, IProgress<CrossValidationProgress>? progress)
{
    /// <summary>The probability at which class 1 is said where nobody asks for another.</summary>
    public const double DefaultThreshold = 0.5;

    private readonly Lock _gate = new();
    private readonly Dictionary<PlannedFold, double[]> _scores = [];
    private int _done;

    private int ScoreCount => trainer.Task == ModelTask.MulticlassClassification ? rows.Rows.ClassNames.Count : 1;

    private int Parallelism => Math.Max(1, (options.ThreadBudget == 0 ? Environment.ProcessorCount : options.ThreadBudget) / Math.Max(1, trainer.ThreadCount));

    /// <summary>Runs all folds. The first failure ends the others.</summary>
    /// <returns>The results in the order of the folds.</returns>
    public async Task<FoldResult[]> RunAsync(IReadOnlyList<PlannedFold> folds, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var results = new FoldResult[folds.Count];
        var open = new Queue<int>(Enumerable.Range(0, folds.Count));
        ExceptionDispatchInfo? failure = null;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(Parallelism, folds.Count)).Select(_ => Task.Run(WorkAsync, CancellationToken.None))).ConfigureAwait(false);
        failure?.Throw();
        return results;

        async Task WorkAsync()
        {
            while (true)
            {
                int index;
                lock (_gate)
                {
                    if (failure is not null || !open.TryDequeue(out index))
                    {
                        return;
                    }
                }

                try
                {
                    results[index] = await RunAsync(folds[index], folds.Count, stop.Token).ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    lock (_gate)
                    {
                        failure ??= ExceptionDispatchInfo.Capture(e);
                    }

                    await stop.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }
        }
    }

    /// <summary>The scores of all rows, after all folds.</summary>
    public OutOfFoldPredictions Collect(IReadOnlyList<PlannedFold> folds)
    {
        var (sums, counts) = (new double[rows.RowCount * ScoreCount], new int[rows.RowCount]);
        foreach (var fold in folds)
        {
            var (scores, next) = (_scores[fold], 0);
            foreach (var row in fold.TestRows())
            {
                counts[row]++;
                for (var c = 0; c < ScoreCount; c++)
                {
                    sums[(row * ScoreCount) + c] += scores[next++];
                }
            }
        }

        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = counts[i / ScoreCount] == 0 ? double.NaN : sums[i] / counts[i / ScoreCount];
        }

        int[] tested = [.. Enumerable.Range(0, rows.RowCount).Where(row => counts[row] > 0)];
        double[] ofTested = [.. tested.SelectMany(row => sums.Skip(row * ScoreCount).Take(ScoreCount))];
        return new(sums, ScoreCount, folds[0].FoldOf, Blank().Select(tested).WithScores(ofTested), tested);
    }

    private async Task<FoldResult> RunAsync(PlannedFold fold, int foldCount, CancellationToken cancellationToken)
    {
        var run = runs.Start(fold);
        await using var _ = run.ConfigureAwait(false);
        var part = await CrossValidation.CutAsync(set, fold, cancellationToken).ConfigureAwait(false);
        using var model = await trainer.FitAsync(part.Training, null, run.Progress, cancellationToken).ConfigureAwait(false);
        var scores = await ScoreAsync(model, part.Test, cancellationToken).ConfigureAwait(false);
        var measured = EvaluationCalculator.Compute(
            Blank().Select(fold.TestRows()).WithScores(scores), options.Evaluation.DecisionThreshold ?? DefaultThreshold, Plain());
        var result = new FoldResult(
            fold.Repeat, fold.Number, part.Training.Manifest.RowCount, part.Test.Manifest.RowCount, model.History.Count == 0 ? 0 : model.History[^1].BestEpoch, measured);
        await run.FinishAsync(result, cancellationToken).ConfigureAwait(false);
        int done;
        lock (_gate)
        {
            _scores.Add(fold, scores);
            done = ++_done;
        }

        progress?.Report(new(done, foldCount, result));
        return result;
    }

    // All rows with their labels, weights and groups, and with scores to be replaced.
    private ScoredRows Blank() => ScoredRows.Of(trainer.Task, new double[rows.RowCount * ScoreCount], rows.Rows);

    private EvaluatorOptions Plain()
    {
        var plain = new EvaluatorOptions { Intervals = false, RankingCutoff = options.Evaluation.RankingCutoff };
        foreach (var k in options.Evaluation.TopK)
        {
            plain.TopK.Add(k);
        }

        return plain;
    }

    /// <summary>The scores of test rows, with classes in the order of all rows.</summary>
    private async Task<double[]> ScoreAsync(IFittedModel model, ITrainingSet test, CancellationToken cancellationToken)
    {
        var scores = new double[checked((int)test.Manifest.RowCount * ScoreCount)];
        var places = ScoreCount == 1 ? [0] : model.ClassNames.Select(name => rows.Rows.ClassNames.ToList().IndexOf(name)).ToArray();
        if (places.Length != model.ScoreCount || places.Contains(-1))
        {
            throw new TrainingDataException($"Expected a model of the {ScoreCount} classes of label '{rows.Rows.LabelColumnName}', but found one of {model.ScoreCount} others.", rows.Rows.LabelColumnName);
        }

        var row = 0;
        await RowValues.ReadAsync(test, Predict, cancellationToken).ConfigureAwait(false);
        return System.Array.FindIndex(scores, s => !double.IsFinite(s)) is >= 0 and var place
            ? throw new InvalidModelException("cross-validated", $"Expected a finite score for every row, but test row {place / ScoreCount} has none.")
            : scores;

        void Predict(RecordBatch batch)
        {
            var predicted = batch.Length == 0 ? [] : model.Predict(batch);
            for (var i = 0; i < predicted.Length; i++)
            {
                scores[((row + (i / places.Length)) * ScoreCount) + places[i % places.Length]] = predicted[i];
            }

            row += batch.Length;
        }
    }
}
