using Mlp.Runtime.Data;

namespace Mlp.Training.Search;

/// <summary>The objective for trainers: the best validation loss, to be made small. Each epoch or iteration of the first fold is reported, so that trials can be pruned by it.</summary>
public static class TrainerObjective
{
    /// <summary>Trains on one part and validates on the other.</summary>
    /// <param name="create">Makes the trainer of a trial from its settings.</param>
    /// <param name="training">The rows to train on.</param>
    /// <param name="validation">The rows to validate on.</param>
    /// <returns>The objective.</returns>
    public static Func<Trial, CancellationToken, Task<double>> Holdout(Func<Trial, ITrainer> create, ITrainingSet training, ITrainingSet validation)
        => Folds(create, [(training, validation)]);

    /// <summary>Trains once per fold and takes the mean.</summary>
    /// <param name="create">Makes the trainer of a trial from its settings.</param>
    /// <param name="folds">The rows to train on and to validate on, at least one pair.</param>
    /// <returns>The objective.</returns>
    /// <exception cref="ArgumentException">There is no fold.</exception>
    public static Func<Trial, CancellationToken, Task<double>> Folds(Func<Trial, ITrainer> create, IReadOnlyList<(ITrainingSet Training, ITrainingSet Validation)> folds)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(folds);
        if (folds.Count == 0)
        {
            throw new ArgumentException("Expected at least one fold, but found none.", nameof(folds));
        }

        return async (trial, cancellationToken) =>
        {
            var sum = 0.0;
            for (var fold = 0; fold < folds.Count; fold++)
            {
                var progress = fold == 0 ? new ReportProgress(trial) : null;
                using var model = await create(trial).FitAsync(folds[fold].Training, folds[fold].Validation, progress, cancellationToken).ConfigureAwait(false);
                sum += model.History.Min(h => h.ValidationLoss) ?? throw new InvalidOperationException("Expected a trainer that measures the validation loss, but its history has none.");
            }

            return sum / folds.Count;
        };
    }

    private sealed class ReportProgress(Trial trial) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.ValidationLoss is { } loss)
            {
                trial.Report(value.Epoch, loss);
            }
        }
    }
}
