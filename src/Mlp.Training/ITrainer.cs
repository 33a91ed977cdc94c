using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Training;

/// <summary>
/// Learns a model from labelled rows: what cross-validation, search and learning curves are built on. Thread-safe; each call trains a model of its own, and the same rows, settings
/// and seed give the same model on the same machine.
/// </summary>
public interface ITrainer
{
    /// <summary>What its models predict.</summary>
    ModelTask Task { get; }

    /// <summary>Threads that one training keeps busy: how many trainings run at once within a budget follows from it.</summary>
    int ThreadCount => 1;

    /// <summary>
    /// What it trains by, as text: <c>Kind</c> says which trainer it is, the others are settings by their path (<c>Optimizer.Kind</c>), also those at their default. Runs keep them. Of files there are names, no folders.
    /// </summary>
    /// <value>The default value is the name of its type as <c>Kind</c>.</value>
    IReadOnlyDictionary<string, string> Parameters => new Dictionary<string, string>(StringComparer.Ordinal) { [SettingTexts.Kind] = GetType().Name };

    /// <summary>Trains a model. Nothing remains of a training that fails or is cancelled.</summary>
    /// <param name="trainingSet">The rows, in order of time where they have one.</param>
    /// <param name="validation">Rows that decide when to stop; null for the last ones of <paramref name="trainingSet"/>, as the trainer's settings say.</param>
    /// <param name="progress">Told after each epoch or iteration, on a thread of the trainer.</param>
    /// <param name="cancellationToken">Ends training between steps.</param>
    /// <returns>The model; the caller disposes of it.</returns>
    /// <exception cref="TrainingDataException">The rows are not fit to train on.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<IFittedModel> FitAsync(
        ITrainingSet trainingSet, ITrainingSet? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default);
}
