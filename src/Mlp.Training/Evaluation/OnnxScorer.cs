using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation;

/// <summary>Scores tables by ONNX Runtime: any file that could be published, with its inputs filled as in service. Not thread-safe.</summary>
internal sealed class OnnxScorer : IDisposable
{
    private readonly TrialModel _model;
    private readonly ModelOutput _output;
    private readonly string _name;

    private OnnxScorer(TrialModel model, ModelOutput output, string name, int largestRun) => (_model, _output, _name, LargestRun) = (model, output, name, largestRun);

    /// <summary>The greatest number of rows of a run.</summary>
    public int LargestRun { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="features">The features that fill its inputs, in order.</param>
    /// <param name="output">Which output is the score.</param>
    /// <param name="externalDataDirectory">Where the external data of the model lies; null when it has none.</param>
    /// <param name="batchSize">Greatest number of rows of a run; null for 4,096, or fewer of a file in which a row becomes many numbers.</param>
    /// <exception cref="InvalidModelException">The file cannot be run, or its inputs cannot be filled from the features.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public static OnnxScorer Open(
        string model, ReadOnlyMemory<byte> onnx, IReadOnlyList<FeatureColumn> features, ModelOutput output, string? externalDataDirectory = null, int? batchSize = null)
    {
        var candidate = Describe(model, onnx, features, output);
        var largest = batchSize ?? GraphWidth.BatchFor(model, onnx, features);
        return new(TrialModel.Open(candidate, new OnnxFiles(onnx, externalDataDirectory, WeightStorage.Resident, 0), largest, TimeProvider.System), output, model, largest);
    }

    /// <summary>The manifest of a file that has not been published.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="features">The features that fill its inputs, in order.</param>
    /// <param name="output">Which output is the score.</param>
    internal static ModelManifest Describe(string model, ReadOnlyMemory<byte> onnx, IReadOnlyList<FeatureColumn> features, ModelOutput output) => new()
    {
        Name = model,
        Version = 0,
        CreatedAt = DateTimeOffset.UnixEpoch,
        OnnxSha256 = ContentHash.Of(onnx.Span),
        OnnxByteCount = onnx.Length,
        Signature = OnnxModelReader.Read(model, onnx.Span).Signature,
        Features = features,
        Output = output,
    };

    /// <summary>Scores a run of rows.</summary>
    /// <param name="table">Rows of the features that the scorer was opened with.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="cancellationToken">Ends scoring between batches.</param>
    /// <returns>One score per row.</returns>
    /// <exception cref="InvalidModelException">ONNX Runtime fails on the rows.</exception>
    /// <exception cref="FeatureRangeException">A value does not fit the narrower type of its input.</exception>
    public double[] Score(FeatureTable table, int start, int count, CancellationToken cancellationToken)
        => Score(table, start, count, _output.ScoreIndex, 1, cancellationToken);

    /// <summary>Scores a run of rows, of several classes each.</summary>
    /// <param name="table">Rows of the features that the scorer was opened with.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="cancellationToken">Ends scoring between batches.</param>
    /// <returns>Shape (rows, classes), row-major; one score per row for tasks without classes of their own.</returns>
    /// <exception cref="InvalidModelException">ONNX Runtime fails on the rows, or gives fewer scores than classes.</exception>
    /// <exception cref="FeatureRangeException">A value does not fit the narrower type of its input.</exception>
    public double[] ScoreClasses(FeatureTable table, int start, int count, CancellationToken cancellationToken)
        => _output.Task == ModelTask.MulticlassClassification
            ? Score(table, start, count, 0, _output.ClassNames.Count, cancellationToken)
            : Score(table, start, count, cancellationToken);

    /// <summary>Scores any rows in runs of a given size, and hands out every value of the score output.</summary>
    /// <param name="table">Rows of the features that the scorer was opened with.</param>
    /// <param name="rows">Which rows, in order.</param>
    /// <param name="batchSize">Rows of a run, at most those that the scorer was opened for; the last run has what is left.</param>
    /// <param name="cancellationToken">Ends scoring between runs.</param>
    /// <returns>Shape (rows, values of a row), row-major.</returns>
    /// <exception cref="InvalidModelException">ONNX Runtime fails on the rows.</exception>
    /// <exception cref="FeatureRangeException">A value does not fit the narrower type of its input.</exception>
    public double[] ScoreAll(FeatureTable table, IReadOnlyList<int> rows, int batchSize, CancellationToken cancellationToken)
    {
        double[] scores = [];
        var destination = _model.Slot.Rows;
        for (var done = 0; done < rows.Count; done += batchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var size = Math.Min(batchSize, rows.Count - done);
            destination.Reset(size);
            for (var row = 0; row < size; row++)
            {
                TableRows.CopyRow(table, rows[done + row], destination, row);
            }

            Run(done);
            for (var row = 0; row < size; row++)
            {
                var values = _model.Slot.Score.RowOf(row);
                scores = scores.Length == 0 ? new double[checked(rows.Count * values.Length)] : scores;
                values.CopyTo(scores.AsSpan((done + row) * values.Length));
            }
        }

        return scores;
    }

    public void Dispose() => _model.Dispose();

    private double[] Score(FeatureTable table, int start, int count, int first, int width, CancellationToken cancellationToken)
    {
        var scores = new double[checked(count * width)];
        var rows = _model.Slot.Rows;
        for (var done = 0; done < count; done += rows.Capacity)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TableRows.Copy(table, start + done, Math.Min(rows.Capacity, count - done), rows);
            Run(start + done);
            for (var row = 0; row < rows.RowCount; row++)
            {
                var all = _model.Slot.Score.RowOf(row);
                if (all.Length < first + width)
                {
                    throw new InvalidModelException(_name, $"Expected {first + width} scores per row, but found {all.Length} (model '{_name}').");
                }

                for (var c = 0; c < width; c++)
                {
                    scores[((done + row) * width) + c] = all[first + c];
                }
            }
        }

        return scores;
    }

    private void Run(int firstRow)
    {
        try
        {
            _model.Run(firstRow);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelException(_name, $"Expected a model that ONNX Runtime can run on the rows, but it says: {e.Message.Trim()} (model '{_name}').", e);
        }
    }
}
