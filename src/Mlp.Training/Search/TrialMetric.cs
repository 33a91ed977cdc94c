using Mlp.Runtime.Data;

namespace Mlp.Training.Search;

/// <summary>What of a trained model is the value of a trial. Immutable.</summary>
public sealed class TrialMetric
{
    private TrialMetric(Func<TrainingProgress, double?>? reported, bool higherIsBetter, Func<IFittedModel, ITrainingSet, CancellationToken, Task<double>>? measure)
        => (Reported, HigherIsBetter, Measure) = (reported, higherIsBetter, measure);

    /// <summary>The validation loss of the best epoch or iteration; less is better. Values on the way are reported, so that trials can be pruned.</summary>
    public static TrialMetric Loss { get; } = new(p => p.ValidationLoss, higherIsBetter: false, null);

    /// <summary>What is told of an epoch; null for a metric of the trained model.</summary>
    internal Func<TrainingProgress, double?>? Reported { get; }

    /// <summary>Whether a greater value of an epoch is better.</summary>
    internal bool HigherIsBetter { get; }

    internal Func<IFittedModel, ITrainingSet, CancellationToken, Task<double>>? Measure { get; }

    /// <summary>
    /// The metric that decides which epoch is the best (<see cref="TrainingProgress.ValidationMetric"/>), of the best epoch: what a trainer's own settings name. Values on the way are reported, so that trials can be
    /// pruned.
    /// </summary>
    /// <param name="higherIsBetter">Whether a greater value is better; the search's <see cref="SearchOptions.HigherIsBetter"/> must be the same.</param>
    /// <returns>The metric.</returns>
    public static TrialMetric StopMetric(bool higherIsBetter) => new(p => p.ValidationMetric, higherIsBetter, null);

    /// <summary>Anything that can be measured of a trained model, by which the search's <see cref="SearchOptions.HigherIsBetter"/> goes. Trials are not pruned.</summary>
    /// <param name="measure">Told of the model and the validation rows. It may be called from several threads at once.</param>
    /// <returns>The metric.</returns>
    public static TrialMetric Of(Func<IFittedModel, ITrainingSet, CancellationToken, Task<double>> measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        return new(null, false, measure);
    }
}
