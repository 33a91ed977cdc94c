using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation;

/// <summary>Labelled rows with what a fitted model says of them. Immutable.</summary>
/// <param name="Scores">Shape (rows, scores), row-major.</param>
/// <param name="Rows">The labels and weights.</param>
internal sealed record ScoredHoldout(float[] Scores, LabelledRows Rows)
{
    /// <summary>Weights of the rows; empty where all count the same.</summary>
    public ReadOnlySpan<float> Weights => Rows.Weights;

    /// <summary>Reads rows and scores them: a model of this library by its own columns, any other one batch by batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="set">Labelled rows with its features, found by name.</param>
    /// <param name="calibration">What calibrates its scores; null for nothing.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model.</exception>
    public static async Task<ScoredHoldout> ReadAsync(IFittedModel model, ITrainingSet set, ScoreCalibration? calibration, CancellationToken cancellationToken)
    {
        var reading = new RowReading { Task = model.Task, ClassNames = model.ClassNames, TakesWeights = true };
        var rows = await LabelledRows.ReadAsync(set, model.Features, reading, cancellationToken).ConfigureAwait(false);
        if (model.Task == ModelTask.BinaryClassification)
        {
            LabelColumn.ThrowIfNotBinary(rows.Labels, rows.LabelColumnName);
        }

        if (model is IExportable exportable)
        {
            return new(CalibratedSource.Of(exportable.Source, calibration).Score(rows.Table), rows);
        }

        var scores = new List<float>(rows.RowCount * model.ScoreCount);
        await foreach (var batch in set.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                scores.AddRange(model.Predict(batch));
            }
        }

        return new(calibration is null ? [.. scores] : calibration.Apply([.. scores]), rows);
    }

    /// <summary>Labels as numbers of classes.</summary>
    public int[] Classes() => Array.ConvertAll(Rows.Labels.ToArray(), l => (int)l);
}
