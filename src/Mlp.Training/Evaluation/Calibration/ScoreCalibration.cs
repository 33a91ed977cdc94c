using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>
/// A function that makes a classifier's scores come true: of the rows of which it says 0.3, three in ten are of the class. It is fitted to rows that the model was not trained on and becomes part of the
/// exported file by <see cref="ExportOptions.Calibration"/>. Immutable and thread-safe.
/// </summary>
public sealed class ScoreCalibration
{
    private ScoreCalibration(CalibrationMethod method, int rowCount, int scoreCount, Calibrator calibrator, CalibrationQuality before, CalibrationQuality after)
    {
        (Method, RowCount, ScoreCount, Calibrator, Before, After) = (method, rowCount, scoreCount, calibrator, before, after);
        Metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["calibration.rows"] = rowCount,
            ["calibration.before." + MetricNames.LogLoss] = before.LogLoss,
            ["calibration.before." + MetricNames.Brier] = before.Brier,
            ["calibration.before." + MetricNames.CalibrationError] = before.ExpectedCalibrationError,
            ["calibration.after." + MetricNames.LogLoss] = after.LogLoss,
            ["calibration.after." + MetricNames.Brier] = after.Brier,
            ["calibration.after." + MetricNames.CalibrationError] = after.ExpectedCalibrationError,
        };
    }

    /// <summary>The function.</summary>
    public CalibrationMethod Method { get; }

    /// <summary>What the model predicts.</summary>
    public ModelTask Task => ScoreCount == 1 ? ModelTask.BinaryClassification : ModelTask.MulticlassClassification;

    /// <summary>Scores of a row: 1, or the number of classes.</summary>
    public int ScoreCount { get; }

    /// <summary>Rows that it was fitted to; those of weight 0 do not count.</summary>
    public int RowCount { get; }

    /// <summary>
    /// Its parameters by name: <c>slope</c> and <c>intercept</c> (Platt), <c>a</c>, <c>b</c> and <c>c</c> (beta), <c>points</c>, <c>lowest</c> and <c>highest</c> (isotonic), <c>temperature</c>, or
    /// <c>factor_0</c>, <c>offset_0</c> and so on (vector).
    /// </summary>
    public IReadOnlyDictionary<string, double> Parameters => Calibrator.Parameters;

    /// <summary>How the scores came true without it, on the rows.</summary>
    public CalibrationQuality Before { get; }

    /// <summary>How they come true with it: each part of the rows is measured by a function fitted to the other parts.</summary>
    public CalibrationQuality After { get; }

    /// <summary>Both qualities by name, as they stand in the manifest: <c>calibration.before.log_loss</c>, <c>calibration.after.log_loss</c> and so on.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; }

    internal Calibrator Calibrator { get; }

    /// <summary>The identity of the model whose scores it was fitted to; null for scores alone.</summary>
    internal object? Model { get; private init; }

    /// <summary>The method's name in files.</summary>
    internal string Name => EnumTerms<CalibrationMethod>.Of(Method);

    /// <summary>Fits a calibration to rows that the model has not seen.</summary>
    /// <param name="model">A classifier of this library's trainers.</param>
    /// <param name="rows">Labelled rows with its features; a weight column counts.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends reading and fitting.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model, are too few, of one class, or their scores say nothing.</exception>
    /// <exception cref="ArgumentException">A setting is out of range, the method is for another number of classes, or the model is no classifier of this library.</exception>
    public static async Task<ScoreCalibration> FitAsync(IFittedModel model, ITrainingSet rows, CalibrationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var exportable = Require(model);
        options = CheckedForGivenRows(options);
        var reading = Evaluator.Reading(rows, model.Task, model.ClassNames, groupColumn: null);
        var read = await LabelledRows.ReadAsync(rows, model.Features, reading, cancellationToken).ConfigureAwait(false);
        return Fit(exportable.Source, read, 0, options, cancellationToken);
    }

    /// <summary>Fits a calibration to the rows of the model's training set that it was not trained on: those that decided when to stop.</summary>
    /// <param name="model">A classifier of this library's trainers.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the fit.</param>
    /// <exception cref="TrainingDataException">All rows trained the model, or may have trained one that it goes on from; or they are too few, of one class, or their scores say nothing.</exception>
    /// <exception cref="ArgumentException">A setting is out of range, the method is for another number of classes, or the model is no classifier of this library.</exception>
    public static ScoreCalibration FitOnHeldOut(IFittedModel model, CalibrationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var exportable = Require(model);
        options = Checked(options);
        var held = exportable.Rows.RowCount - exportable.UnseenStart;
        if (held == 0 && exportable.TrainingCount < exportable.Rows.RowCount)
        {
            throw new TrainingDataException(FormattableString.Invariant(
                $"Expected rows that neither the model nor what it goes on from was trained on, but this is known of none of the {exportable.Rows.RowCount - exportable.TrainingCount} rows that validated: give other rows to calibrate on."));
        }

        if (held == 0)
        {
            throw new TrainingDataException(FormattableString.Invariant(
                $"Expected rows that the model was not trained on, but all {exportable.TrainingCount} rows of its training set trained it: give other rows to calibrate on, or set a validation share."));
        }

        var taken = Math.Max(1, (int)Math.Round(held * options.HeldOutShare));
        return Fit(exportable.Source, exportable.Rows, exportable.Rows.RowCount - taken, options, cancellationToken);
    }

    /// <summary>Fits a calibration to scores, for example those of <see cref="Folds.CrossValidationResult.Predictions"/>, where each row was scored by a model that had not seen it.</summary>
    /// <param name="rows">Labelled probabilities of two or several classes.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the fit.</param>
    /// <exception cref="TrainingDataException">The rows are too few, of one class, or their scores say nothing.</exception>
    /// <exception cref="ArgumentException">The rows are of another task, a score is no probability, a setting is out of range, or the method is for another number of classes.</exception>
    public static ScoreCalibration FitOnScores(ScoredRows rows, CalibrationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = CheckedForGivenRows(options);
        ProbabilityCheck.Require(rows, ModelTask.BinaryClassification, ModelTask.MulticlassClassification);
        float[] scores = Array.ConvertAll(rows.Scores.ToArray(), s => (float)s);
        var said = rows.ScoreCount == 1 ? LogOdds.Of(scores) : scores;
        return Fit(new CalibrationRows(said, scores, rows.ClassIndexes(), rows.Weights, Math.Max(2, rows.ScoreCount)), model: null, options, cancellationToken);
    }

    /// <summary>Calibrates probabilities. A float32 probability within 0.00006 of 0 or 1 is taken for that distance, as its log odds are not known; the exported file takes them from the model.</summary>
    /// <param name="scores">Probabilities of the model, shape (rows, <see cref="ScoreCount"/>), row-major.</param>
    /// <returns>Calibrated probabilities of the same shape.</returns>
    public float[] Apply(ReadOnlySpan<float> scores)
    {
        var said = ScoreCount == 1 ? LogOdds.Of(scores) : scores.ToArray();
        Calibrator.Apply(said, said);
        return said;
    }

    /// <summary>A calibration that was read. Nobody knows any more whose scores it was fitted to.</summary>
    internal static ScoreCalibration Restore(CalibrationMethod method, SavedCalibration saved, Calibrator calibrator)
        => new(method, saved.RowCount, saved.ScoreCount, calibrator, saved.Before, saved.After);

    private static ScoreCalibration Fit(IExportSource source, LabelledRows rows, int first, CalibrationOptions options, CancellationToken cancellationToken)
    {
        if (source.Task == ModelTask.BinaryClassification)
        {
            LabelColumn.ThrowIfNotBinary(rows);
        }

        var width = source.ScoreCount;
        var said = LogOdds.Of(source, rows.Table)[(first * width)..];
        var labels = Array.ConvertAll(rows.Labels[first..].ToArray(), l => (int)l);
        var scores = width == 1 ? Array.ConvertAll(said, z => (float)Calibrator.Sigmoid(z)) : said;
        return Fit(new CalibrationRows(said, scores, labels, Array.ConvertAll((rows.Weights.IsEmpty ? [] : rows.Weights[first..]).ToArray(), w => (double)w), Math.Max(2, width)), source.Identity, options, cancellationToken);
    }

    private static ScoreCalibration Fit(CalibrationRows rows, object? model, CalibrationOptions options, CancellationToken cancellationToken)
    {
        var method = MethodFor(rows.Width, options.Method);
        rows = rows.Counting();
        rows.ThrowIfUnfit(options);
        cancellationToken.ThrowIfCancellationRequested();
        var calibrator = Fit(method, rows, cancellationToken);
        var after = CalibrationFolds.Score(rows, options, part => Fit(method, part, cancellationToken), cancellationToken);
        return new(method, rows.Count, rows.Width, calibrator, CalibrationMeasure.Of(rows, rows.Scores), CalibrationMeasure.Of(rows, after)) { Model = model };
    }

    private static Calibrator Fit(CalibrationMethod method, CalibrationRows rows, CancellationToken cancellationToken) => method switch
    {
        CalibrationMethod.Platt => PlattCalibrator.Fit(rows, cancellationToken),
        CalibrationMethod.Isotonic => IsotonicCalibrator.Fit(rows, cancellationToken),
        CalibrationMethod.Beta => BetaCalibrator.Fit(rows, cancellationToken),
        CalibrationMethod.Temperature => SoftmaxCalibrator.FitTemperature(rows, cancellationToken),
        _ => SoftmaxCalibrator.FitVector(rows, cancellationToken),
    };

    private static CalibrationMethod MethodFor(int width, CalibrationMethod? wanted)
    {
        var isBinary = width == 1;
        var method = wanted ?? (isBinary ? CalibrationMethod.Platt : CalibrationMethod.Temperature);
        return isBinary == method is CalibrationMethod.Platt or CalibrationMethod.Isotonic or CalibrationMethod.Beta
            ? method
            : throw new ArgumentException(
                isBinary
                    ? $"Expected {CalibrationMethod.Platt}, {CalibrationMethod.Isotonic} or {CalibrationMethod.Beta} for two classes, but found {method}."
                    : $"Expected {CalibrationMethod.Temperature} or {CalibrationMethod.Vector} for {width} classes, but found {method}.",
                nameof(wanted));
    }

    private static IExportable Require(IFittedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Task is not (ModelTask.BinaryClassification or ModelTask.MulticlassClassification))
        {
            throw new ArgumentException($"Expected a model for {ModelTask.BinaryClassification} or {ModelTask.MulticlassClassification} to calibrate, but found {model.Task}.", nameof(model));
        }

        return model as IExportable
            ?? throw new ArgumentException($"Expected a model of this library's trainers, whose export takes a calibration, but found {model.GetType().Name}.", nameof(model));
    }

    // A share of rows that the caller chose would be no setting but a surprise.
    private static CalibrationOptions CheckedForGivenRows(CalibrationOptions? options)
    {
        options = Checked(options);
        return options.HeldOutShare == 1
            ? options
            : throw new ArgumentException(
                FormattableString.Invariant($"Expected {nameof(CalibrationOptions)}.{nameof(CalibrationOptions.HeldOutShare)} to be left out with rows of your own, but it is {options.HeldOutShare}: it is for {nameof(FitOnHeldOut)}."), nameof(options));
    }

    private static CalibrationOptions Checked(CalibrationOptions? options)
    {
        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        return options;
    }
}
