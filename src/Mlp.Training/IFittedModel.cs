using System.Collections.ObjectModel;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Export;

namespace Mlp.Training;

/// <summary>What an <see cref="ITrainer"/> has learned, in memory. Scoring is thread-safe; dispose of it when it is exported.</summary>
public interface IFittedModel : IDisposable
{
    /// <summary>What it predicts.</summary>
    ModelTask Task { get; }

    /// <summary>The features it takes, in order.</summary>
    IReadOnlyList<FeatureColumn> Features { get; }

    /// <summary>Names of the classes in the order of their scores; empty where labels are numbers.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Scores of one row: 1, or the number of classes for <see cref="ModelTask.MulticlassClassification"/>.</summary>
    int ScoreCount { get; }

    /// <summary>One entry per epoch of a network or iteration of trees.</summary>
    IReadOnlyList<TrainingProgress> History { get; }

    /// <summary>
    /// What it was trained by, as text: <see cref="ITrainer.Parameters"/>, and what became of them, as the layers that were built. The exported file has them as <c>mlp.parameters</c>.
    /// </summary>
    /// <value>The default value is empty.</value>
    IReadOnlyDictionary<string, string> Parameters => ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Scores the rows of a batch.</summary>
    /// <param name="batch">A column per feature, found by name; other columns do not matter. Null where a value is not present.</param>
    /// <returns>Shape (rows, <see cref="ScoreCount"/>), row-major: the probability of class 1, the probability of each class, or a number in the label's unit.</returns>
    /// <exception cref="TrainingDataException">A feature's column is missing or of another type.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    float[] Predict(RecordBatch batch);

    /// <summary>Writes the model and its preprocessing as one ONNX file and proves that the file computes what was trained.</summary>
    /// <param name="options">How the file is written and what it says of its outputs; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the proof.</param>
    /// <returns>The model; it does not need this object any more.</returns>
    /// <exception cref="ExportRefusedException">The file differs too much from what was trained.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    TrainedModel Export(ExportOptions? options = null, CancellationToken cancellationToken = default);
}
