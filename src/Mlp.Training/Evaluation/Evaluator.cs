using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation.Slices;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;
using Mlp.Training.Sampling;

namespace Mlp.Training.Evaluation;

/// <summary>Measures models on labelled rows that they have not seen. Thread-safe.</summary>
public static class Evaluator
{
    /// <summary>The threshold of models that have none of their own.</summary>
    internal const double DefaultThreshold = 0.5;

    private const string Unpublished = "evaluated";

    /// <summary>Evaluates a model that was trained, in the library that trained it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="holdout">Labelled rows with its features, found by name.</param>
    /// <param name="options">What is measured; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model, hold a class that it has not seen, or none is left after a filter or in a slice.</exception>
    /// <exception cref="InvalidModelException">A score is not finite.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static async Task<EvaluationResult> EvaluateAsync(
        IFittedModel model, ITrainingSet holdout, EvaluatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(holdout);
        options = Checked(options, model.Task);
        var rows = await ScoreAsync(model, holdout, options.GroupColumn, cancellationToken).ConfigureAwait(false);
        return await ComputeAsync(rows, holdout, DefaultThreshold, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Evaluates an exported model in ONNX Runtime.</summary>
    /// <param name="model">The model.</param>
    /// <param name="holdout">Labelled rows with its features, found by name.</param>
    /// <param name="options">What is measured; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model, hold a class that it has not seen, or none is left after a filter or in a slice.</exception>
    /// <exception cref="InvalidModelException">The file cannot be run on the rows.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Task<EvaluationResult> EvaluateAsync(
        TrainedModel model, ITrainingSet holdout, EvaluatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        return EvaluateAsync(model.Onnx, model.Features, model.Output, holdout, options, cancellationToken);
    }

    /// <summary>Evaluates any ONNX file in ONNX Runtime, also one whose weights lie in other files.</summary>
    /// <param name="package">The file with its features, as <see cref="ModelPackage.FromFile(string)"/> reads it; of another tool's file they are added by <c>with</c>.</param>
    /// <param name="holdout">Labelled rows with the features, found by name.</param>
    /// <param name="options">What is measured; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model, hold a class that it has not seen, or none is left after a filter or in a slice.</exception>
    /// <exception cref="InvalidModelException">The file cannot be run on the rows, or a file of its weights is missing.</exception>
    /// <exception cref="ArgumentException">The package does not say which features it takes, or an option is out of range.</exception>
    public static async Task<EvaluationResult> EvaluateAsync(
        ModelPackage package, ITrainingSet holdout, EvaluatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentNullException.ThrowIfNull(holdout);
        options = Checked(options, package.Output.Task);
        var rows = await ScoreAsync(package, holdout, options.GroupColumn, cancellationToken).ConfigureAwait(false);
        return await ComputeAsync(rows, holdout, package.Output.DecisionThreshold, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Evaluates any ONNX file in ONNX Runtime.</summary>
    /// <param name="onnx">Bytes of the file, which holds its weights.</param>
    /// <param name="features">The features that it takes, in order.</param>
    /// <param name="output">Which output is the score and what it means.</param>
    /// <param name="holdout">Labelled rows with the features, found by name.</param>
    /// <param name="options">What is measured; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model, hold a class that it has not seen, or none is left after a filter or in a slice.</exception>
    /// <exception cref="InvalidModelException">The file cannot be run on the rows.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static async Task<EvaluationResult> EvaluateAsync(
        ReadOnlyMemory<byte> onnx,
        IReadOnlyList<FeatureColumn> features,
        ModelOutput output,
        ITrainingSet holdout,
        EvaluatorOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(holdout);
        options = Checked(options, output.Task);
        var rows = await ScoreAsync(onnx, features, output, holdout, options.GroupColumn, cancellationToken).ConfigureAwait(false);
        return await ComputeAsync(rows, holdout, output.DecisionThreshold, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Evaluates scores, whoever made them.</summary>
    /// <param name="rows">The rows with their scores.</param>
    /// <param name="options">What is measured, without slices and filter; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range, or there are slices or a filter, which need the rows' columns.</exception>
    public static EvaluationResult Evaluate(ScoredRows rows, EvaluatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        options ??= new();
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));
        options.ThrowIfWithoutEffect(rows.Task);
        return options.Slices.Count == 0 && options.Filter is null
            ? EvaluationCalculator.Compute(rows, options.DecisionThreshold ?? DefaultThreshold, options)
            : throw new ArgumentException("Expected no slices and no filter with scores alone, because there are no columns to part them by: hand over the training set.", nameof(options));
    }

    /// <summary>Lets a model that was trained score rows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="holdout">Labelled rows with its features, found by name.</param>
    /// <param name="groupColumn">For ranking: the column whose equal neighbours are the answers to one query.</param>
    /// <param name="cancellationToken">Ends scoring.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model.</exception>
    /// <exception cref="InvalidModelException">A score is not finite.</exception>
    public static async Task<ScoredRows> ScoreAsync(IFittedModel model, ITrainingSet holdout, string? groupColumn = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(holdout);
        var rows = await LabelledRows.ReadAsync(holdout, [], Reading(holdout, model.Task, model.ClassNames, groupColumn), cancellationToken).ConfigureAwait(false);
        var scores = new double[checked(rows.RowCount * model.ScoreCount)];
        var done = 0;
        await RowValues.ReadAsync(holdout, Predict, cancellationToken).ConfigureAwait(false);
        ThrowIfNotANumber(scores, model.ScoreCount);
        return ScoredRows.Of(model.Task, scores, rows);

        void Predict(RecordBatch batch)
        {
            foreach (var score in batch.Length == 0 ? [] : model.Predict(batch))
            {
                scores[done++] = score;
            }
        }
    }

    /// <summary>Lets an exported model score rows in ONNX Runtime.</summary>
    /// <param name="model">The model.</param>
    /// <param name="holdout">Labelled rows with its features, found by name.</param>
    /// <param name="groupColumn">For ranking: the column whose equal neighbours are the answers to one query.</param>
    /// <param name="cancellationToken">Ends scoring.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model.</exception>
    /// <exception cref="InvalidModelException">The file cannot be run on the rows, or a score is not finite.</exception>
    public static Task<ScoredRows> ScoreAsync(TrainedModel model, ITrainingSet holdout, string? groupColumn = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ScoreAsync(model.Onnx, model.Features, model.Output, holdout, groupColumn, cancellationToken);
    }

    /// <summary>Lets any ONNX file score rows in ONNX Runtime, also one whose weights lie in other files.</summary>
    /// <param name="package">The file with its features, as <see cref="ModelPackage.FromFile(string)"/> reads it; of another tool's file they are added by <c>with</c>.</param>
    /// <param name="holdout">Labelled rows with the features, found by name.</param>
    /// <param name="groupColumn">For ranking: the column whose equal neighbours are the answers to one query.</param>
    /// <param name="cancellationToken">Ends scoring.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model.</exception>
    /// <exception cref="InvalidModelException">The file cannot be run on the rows, a file of its weights is missing, or a score is not finite.</exception>
    /// <exception cref="ArgumentException">The package does not say which features it takes.</exception>
    public static Task<ScoredRows> ScoreAsync(ModelPackage package, ITrainingSet holdout, string? groupColumn = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentNullException.ThrowIfNull(holdout);
        var features = package.Features ?? throw new ArgumentException("Expected the package to say which features the model takes (Features), but it does not.", nameof(package));
        return ScoreAsync(Unpublished, Files(package.Onnx, package.ExternalDataDirectory), features, package.Output, holdout, groupColumn, cancellationToken);
    }

    /// <summary>Lets any ONNX file score rows in ONNX Runtime.</summary>
    /// <param name="onnx">Bytes of the file, which holds its weights.</param>
    /// <param name="features">The features that it takes, in order.</param>
    /// <param name="output">Which output is the score and what it means.</param>
    /// <param name="holdout">Labelled rows with the features, found by name.</param>
    /// <param name="groupColumn">For ranking: the column whose equal neighbours are the answers to one query.</param>
    /// <param name="cancellationToken">Ends scoring.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model.</exception>
    /// <exception cref="InvalidModelException">The file cannot be run on the rows, or a score is not finite.</exception>
    public static Task<ScoredRows> ScoreAsync(
        ReadOnlyMemory<byte> onnx,
        IReadOnlyList<FeatureColumn> features,
        ModelOutput output,
        ITrainingSet holdout,
        string? groupColumn = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(holdout);
        return ScoreAsync(Unpublished, Files(onnx, null), features, output, holdout, groupColumn, cancellationToken);
    }

    internal static async Task<ScoredRows> ScoreAsync(
        string model, OnnxFiles files, IReadOnlyList<FeatureColumn> features, ModelOutput output, ITrainingSet holdout, string? groupColumn, CancellationToken cancellationToken)
    {
        if (output.Task == ModelTask.MulticlassClassification && output.ClassNames.Count < 2)
        {
            throw new InvalidModelException(model, $"Expected an output for several classes to name them, but found {output.ClassNames.Count} names (model '{model}').");
        }

        var rows = await LabelledRows.ReadAsync(holdout, features, Reading(holdout, output.Task, output.ClassNames, groupColumn), cancellationToken).ConfigureAwait(false);
        using var scorer = OnnxScorer.Open(model, files.Onnx, features, output, files.ExternalDataDirectory);
        var scores = scorer.ScoreClasses(rows.Table, 0, rows.RowCount, cancellationToken);
        ThrowIfNotANumber(scores, scores.Length / rows.RowCount);
        return ScoredRows.Of(output.Task, scores, rows);
    }

    /// <summary>How the labels of rows are read for a task.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="task">The task.</param>
    /// <param name="classNames">The classes that the model knows; empty for those of numbers.</param>
    /// <param name="groupColumn">The column of groups.</param>
    /// <exception cref="ArgumentException">There is no group column, and the task ranks.</exception>
    /// <exception cref="TrainingDataException">Labels are texts, and the model knows numbers.</exception>
    internal static RowReading Reading(ITrainingSet set, ModelTask task, IReadOnlyList<string> classNames, string? groupColumn)
    {
        if (task == ModelTask.Ranking && string.IsNullOrEmpty(groupColumn))
        {
            throw new ArgumentException("Expected the group column of a ranking, whose equal neighbours are the answers to one query, but found none.", nameof(groupColumn));
        }

        if (task == ModelTask.BinaryClassification && classNames.Count == 0 && set.Manifest.LabelColumns is [var label]
            && set.Schema.GetFieldIndex(label) >= 0 && set.Schema.GetFieldByName(label).DataType is StringType)
        {
            throw new TrainingDataException($"Expected label '{label}' to be 0 or 1, as the model's classes have no names, but found texts.", label);
        }

        return new() { Task = task, ClassNames = classNames, TakesWeights = true, GroupColumn = task == ModelTask.Ranking ? groupColumn : null };
    }

    private static OnnxFiles Files(ReadOnlyMemory<byte> onnx, string? externalDataDirectory)
    {
        foreach (var location in ExternalDataSource.Locations(Unpublished, OnnxExternalDataReader.Read(Unpublished, onnx.Span)))
        {
            var directory = externalDataDirectory ?? throw new InvalidModelException(
                Unpublished,
                $"Expected a model that is one file, but weights of it lie in '{location}': hand over the {nameof(ModelPackage)} that {nameof(ModelPackage)}.{nameof(ModelPackage.FromFile)} reads, which knows the folder (model '{Unpublished}').");
            ExternalDataSource.Find(Unpublished, directory, location);
        }

        return new(onnx, externalDataDirectory, WeightStorage.Resident, 0);
    }

    private static async Task<EvaluationResult> ComputeAsync(
        ScoredRows rows, ITrainingSet holdout, double threshold, EvaluatorOptions options, CancellationToken cancellationToken)
    {
        var slices = await SliceAssignment.ReadAsync(holdout, options, cancellationToken).ConfigureAwait(false);
        return EvaluationCalculator.Compute(rows, slices, options.DecisionThreshold ?? threshold, options, cancellationToken);
    }

    private static EvaluatorOptions Checked(EvaluatorOptions? options, ModelTask task)
    {
        options ??= new();
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));
        options.ThrowIfWithoutEffect(task);
        MetricRule.For(task, options.SliceMetric);
        return options;
    }

    private static void ThrowIfNotANumber(double[] scores, int scoreCount)
    {
        var place = System.Array.FindIndex(scores, s => !double.IsFinite(s));
        if (place >= 0)
        {
            throw new InvalidModelException(Unpublished, $"Expected a finite score for every row, but row {place / scoreCount} has none.");
        }
    }
}
