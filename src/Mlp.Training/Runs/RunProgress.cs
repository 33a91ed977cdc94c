namespace Mlp.Training.Runs;

/// <summary>Logs the progress of a training as metrics of a run, by epoch: <c>training_loss</c>, <c>validation_loss</c>, <c>validation_metric</c> and <c>best_epoch</c>.</summary>
/// <param name="run">The run.</param>
/// <param name="next">Told after it; null for nobody.</param>
public sealed class RunProgress(IRun run, IProgress<TrainingProgress>? next = null) : IProgress<TrainingProgress>
{
    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.TrainingLoss is { } trainingLoss)
        {
            run.LogMetric("training_loss", trainingLoss, value.Epoch);
        }

        if (value.ValidationLoss is { } loss)
        {
            run.LogMetric("validation_loss", loss, value.Epoch);
        }

        if (value.ValidationMetric is { } metric)
        {
            run.LogMetric("validation_metric", metric, value.Epoch);
        }

        run.LogMetric("best_epoch", value.BestEpoch, value.Epoch);
        next?.Report(value);
    }
}
