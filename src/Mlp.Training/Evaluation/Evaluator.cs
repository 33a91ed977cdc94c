using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation;

/// <summary>Measures models on labelled rows that they have not seen. Thread-safe.</summary>
public static class Evaluator
{
    /// <summary>Evaluates a network in libtorch.</summary>
    /// <param name="network">The network.</param>
    /// <param name="holdout">Labelled rows with its features, found by name.</param>
    /// <param name="threshold">The probability at and above which class 1 is said, 0 to 1.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model.</exception>
    public static async Task<EvaluationResult> EvaluateAsync(
        TrainedNetwork network, ITrainingSet holdout, double threshold = 0.5, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(holdout);
        var rows = await LabelledRows.ReadAsync(holdout, network.Features, RowReading.Numbers, cancellationToken).ConfigureAwait(false);
        double[] scores = [.. network.Predict(network.Encoding.Encode(rows.Table))];
        return Compute(scores, rows, network.Task, threshold);
    }

    /// <summary>Evaluates an exported model in ONNX Runtime.</summary>
    /// <param name="model">The model.</param>
    /// <param name="holdout">Labelled rows with its features, found by name.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model.</exception>
    /// <exception cref="InvalidModelException">The file cannot be run on the rows.</exception>
    public static Task<EvaluationResult> EvaluateAsync(TrainedModel model, ITrainingSet holdout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        return EvaluateAsync(model.Onnx, model.Features, model.Output, holdout, cancellationToken);
    }

    /// <summary>Evaluates any ONNX file in ONNX Runtime.</summary>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="features">The features that it takes, in order.</param>
    /// <param name="output">Which output is the score and what it means: binary classification or regression.</param>
    /// <param name="holdout">Labelled rows with the features, found by name.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="TrainingDataException">The rows do not fit the model.</exception>
    /// <exception cref="InvalidModelException">The file cannot be run on the rows.</exception>
    public static async Task<EvaluationResult> EvaluateAsync(
        ReadOnlyMemory<byte> onnx, IReadOnlyList<FeatureColumn> features, ModelOutput output, ITrainingSet holdout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(holdout);
        var rows = await LabelledRows.ReadAsync(holdout, features, RowReading.Numbers, cancellationToken).ConfigureAwait(false);
        using var scorer = OnnxScorer.Open("evaluated", onnx, features, output);
        var scores = scorer.Score(rows.Table, 0, rows.RowCount, cancellationToken);
        return Compute(scores, rows, output.Task, output.DecisionThreshold);
    }

    internal static EvaluationResult Compute(double[] scores, LabelledRows rows, ModelTask task, double threshold)
    {
        switch (task)
        {
            case ModelTask.BinaryClassification:
                LabelColumn.ThrowIfNotBinary(rows.Labels, rows.LabelColumnName);
                ThrowIfNotANumber(scores);
                return new(BinaryClassificationMetrics.Compute(scores, Classes(rows.Labels), threshold));
            case ModelTask.Regression:
                ThrowIfNotANumber(scores);
                return new(RegressionMetrics.Compute(scores, rows.Labels));
            default:
                throw new ArgumentException($"Expected a model for {ModelTask.BinaryClassification} or {ModelTask.Regression}, but found {task}.", nameof(task));
        }
    }

    internal static byte[] Classes(ReadOnlySpan<double> labels)
    {
        var classes = new byte[labels.Length];
        for (var i = 0; i < classes.Length; i++)
        {
            classes[i] = (byte)labels[i];
        }

        return classes;
    }

    private static void ThrowIfNotANumber(double[] scores)
    {
        var row = Array.FindIndex(scores, s => !double.IsFinite(s));
        if (row >= 0)
        {
            throw new InvalidModelException("evaluated", $"Expected a finite score for every row, but row {row} has none.");
        }
    }
}
