using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>Proves an ONNX file that exists against the model that it was made from, as an export does it. Thread-safe.</summary>
public static class ModelProver
{
    /// <summary>
    /// Lets ONNX Runtime and the trained model score the same rows: real ones in batches of several sizes, rows with missing values, and rows with extreme values.
    /// </summary>
    /// <param name="package">The file, of this platform or of any other; without features it takes those of the trained model.</param>
    /// <param name="trained">The trained model.</param>
    /// <param name="rows">At least one row with its features, found by name; labels do not matter.</param>
    /// <param name="tolerance">Largest |file − trained| / max(1, |trained|, s) that is accepted, s as in <see cref="ExportOptions.Tolerance"/>, on real rows and on those with missing values, 0 to 1.</param>
    /// <param name="extremeTolerance">The same for rows with extreme values; null for the same, infinity to record the difference alone.</param>
    /// <param name="calibration">The calibration that the file was exported with; null for none.</param>
    /// <param name="cancellationToken">Ends the proof between runs.</param>
    /// <returns>What was measured.</returns>
    /// <exception cref="ExportRefusedException">They differ by more.</exception>
    /// <exception cref="InvalidModelException">The file cannot be run on the rows.</exception>
    /// <exception cref="TrainingDataException">There are no rows, or a feature's column is missing or of another type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A tolerance is out of range.</exception>
    /// <exception cref="ArgumentException">The file has a calibration and none is given, or the calibration is not for this model.</exception>
    public static async Task<ExportProof> ProveAsync(
        ModelPackage package,
        IFittedModel trained,
        ITrainingSet rows,
        double tolerance = OnnxExporter.Tolerance,
        double? extremeTolerance = null,
        ScoreCalibration? calibration = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentNullException.ThrowIfNull(rows);
        if (!(tolerance is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "Expected a tolerance from 0 to 1.");
        }

        if (extremeTolerance is { } extreme && !(extreme >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(extremeTolerance), extreme, "Expected a tolerance of at least 0.");
        }

        var predict = Predict(package, trained, calibration);
        var table = new FeatureTable(package.Features ?? trained.Features);
        var scores = new List<float>();
        await foreach (var batch in rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                table.Append(batch);
                scores.AddRange(predict(batch));
            }
        }

        if (table.RowCount == 0)
        {
            throw new TrainingDataException("Expected at least one row to prove a model on, but the training set is empty.");
        }

        var set = ProofSet.Create(table, 0, [.. scores], (changed, _) => predict(changed), (trained as IExportable)?.Source.LabelScale ?? 1);
        using var file = OnnxScorer.Open("proved", package.Onnx, table.Layout.Columns, package.Output, package.ExternalDataDirectory);
        return OnnxExporter.Prove(file, set, new(tolerance, tolerance, extremeTolerance ?? tolerance), cancellationToken);
    }

    private static Func<RecordBatch, float[]> Predict(ModelPackage package, IFittedModel trained, ScoreCalibration? calibration)
    {
        if (calibration is null)
        {
            return OnnxModelReader.Read("proved", package.Onnx.Span).Metadata.TryGetValue(CalibratedSource.MetadataKey, out var name)
                ? throw new ArgumentException($"Expected the calibration that the file was exported with, '{name}', but found none: hand it over beside the trained model.", nameof(calibration))
                : trained.Predict;
        }

        var source = trained is IExportable exportable
            ? CalibratedSource.Of(exportable.Source, calibration)
            : throw new ArgumentException($"Expected a model of this library's trainers beside a calibration, but found {trained.GetType().Name}.", nameof(trained));
        return batch => source.Score(FeatureTable.Of(batch, trained.Features));
    }
}
