using Mlp.Runtime.Data;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Folds;
using Mlp.Training.Runs;

namespace Mlp.Training.Search;

/// <summary>The objective for trainers: a metric on validation rows. Each epoch or iteration of the first fold is reported, so that trials can be pruned by it.</summary>
public static class TrainerObjective
{
    /// <summary>Trains on one part and validates on the other.</summary>
    /// <param name="create">Makes the trainer of a trial from its settings.</param>
    /// <param name="training">The rows to train on.</param>
    /// <param name="validation">The rows to validate on.</param>
    /// <param name="metric">What the value is; null for the validation loss.</param>
    /// <returns>The objective.</returns>
    public static Func<Trial, CancellationToken, Task<double>> Holdout(Func<Trial, ITrainer> create, ITrainingSet training, ITrainingSet validation, TrialMetric? metric = null)
        => Folds(create, [(training, validation)], metric);

    /// <summary>Trains once per fold and takes the mean.</summary>
    /// <param name="create">Makes the trainer of a trial from its settings.</param>
    /// <param name="folds">The rows to train on and to validate on, at least one pair.</param>
    /// <param name="metric">What the value is; null for the validation loss.</param>
    /// <returns>The objective.</returns>
    /// <exception cref="ArgumentException">There is no fold.</exception>
    public static Func<Trial, CancellationToken, Task<double>> Folds(
        Func<Trial, ITrainer> create, IReadOnlyList<(ITrainingSet Training, ITrainingSet Validation)> folds, TrialMetric? metric = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(folds);
        if (folds.Count == 0)
        {
            throw new ArgumentException("Expected at least one fold, but found none.", nameof(folds));
        }

        metric ??= TrialMetric.Loss;
        return metric.Reported is null ? RunAsync : new DirectedObjective(metric.HigherIsBetter, RunAsync).RunAsync;

        async Task<double> RunAsync(Trial trial, CancellationToken cancellationToken)
        {
            var sum = 0.0;
            for (var fold = 0; fold < folds.Count; fold++)
            {
                var (training, validation) = folds[fold];
                var progress = fold == 0 && metric.Reported is { } reported ? new ReportProgress(trial, reported) : null;
                var trainer = create(trial);
                if (fold == 0)
                {
                    trial.Run.LogTrainer(trainer);
                }

                using var threads = await trial.ReserveThreadsAsync(Math.Max(1, trainer.ThreadCount), cancellationToken).ConfigureAwait(false);
                using var model = await trainer.FitAsync(training, validation, progress, cancellationToken).ConfigureAwait(false);
                sum += metric.Measure is { } measure ? await measure(model, validation, cancellationToken).ConfigureAwait(false) : Best(model, metric);
            }

            return sum / folds.Count;
        }
    }

    /// <summary>
    /// Cross-validates the trainer of each trial, all on the same folds, and takes the mean of a metric: every row is scored by a model that has not seen it, not even to stop early. After each fold the mean so far is
    /// reported, a fold being a step, so that trials can be pruned.
    /// </summary>
    /// <param name="create">Makes the trainer of a trial from its settings.</param>
    /// <param name="trainingSet">The rows.</param>
    /// <param name="metric">Name of the metric, as <see cref="CrossValidationResult.Metrics"/> calls it; the search's <see cref="SearchOptions.HigherIsBetter"/> must be that of the metric.</param>
    /// <param name="options">How rows are parted; null for five folds. It is not changed any more.</param>
    /// <returns>The objective.</returns>
    public static Func<Trial, CancellationToken, Task<double>> CrossValidated(Func<Trial, ITrainer> create, ITrainingSet trainingSet, string metric, CrossValidationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(trainingSet);
        ArgumentException.ThrowIfNullOrEmpty(metric);
        return MetricRule.HigherIsBetter(metric) is { } higherIsBetter ? new DirectedObjective(higherIsBetter, RunAsync).RunAsync : RunAsync;

        async Task<double> RunAsync(Trial trial, CancellationToken cancellationToken)
        {
            var trainer = create(trial);
            trial.Run.LogTrainer(trainer);
            var folds = options?.ThreadBudget ?? new CrossValidationOptions().ThreadBudget;
            using var threads = await trial.ReserveThreadsAsync(Math.Max(trainer.ThreadCount, folds == 0 ? Environment.ProcessorCount : folds), cancellationToken).ConfigureAwait(false);
            var result = await CrossValidation.RunAsync(trainer, trainingSet, options, progress: new ReportFolds(trial, metric), cancellationToken: cancellationToken).ConfigureAwait(false);
            return result.Metrics.TryGetValue(metric, out var found)
                ? found.Mean
                : throw new ArgumentException($"Expected one of the metrics {string.Join(", ", result.Metrics.Keys.Select(k => $"'{k}'"))}, but found '{metric}'.", nameof(metric));
        }
    }

    private static double Best(IFittedModel model, TrialMetric metric)
    {
        var values = model.History.Select(metric.Reported!).OfType<double>();
        return (metric.HigherIsBetter ? values.DefaultIfEmpty(double.NaN).Max() : values.DefaultIfEmpty(double.NaN).Min()) is var best && !double.IsNaN(best)
            ? best
            : throw new InvalidOperationException(
                metric == TrialMetric.Loss
                    ? "Expected a trainer that measures the validation loss, but its history has none."
                    : "Expected a trainer whose settings name a metric that decides which epoch is the best, but its history has none.");
    }

    private sealed class ReportFolds(Trial trial, string metric) : IProgress<CrossValidationProgress>
    {
        private readonly List<double> _values = [];

        public void Report(CrossValidationProgress value)
        {
            lock (_values)
            {
                if (value.Fold.Result.Metrics.TryGetValue(metric, out var ofFold) && !double.IsNaN(ofFold))
                {
                    _values.Add(ofFold);
                    trial.Report(_values.Count, _values.Average());
                }
            }
        }
    }

    private sealed class ReportProgress(Trial trial, Func<TrainingProgress, double?> reported) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (reported(value) is { } metric)
            {
                trial.Report(value.Epoch, metric);
            }
        }
    }
}
