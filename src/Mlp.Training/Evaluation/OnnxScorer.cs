using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation;

/// <summary>Scores tables by ONNX Runtime: any file whose inputs can be filled from features. Not thread-safe.</summary>
internal sealed class OnnxScorer : IDisposable
{
    private const int BatchSize = 4096;

    private readonly InferenceSession _session;
    private readonly FeatureBinding _binding;
    private readonly ModelOutput _output;
    private readonly string _model;

    private OnnxScorer(InferenceSession session, FeatureBinding binding, ModelOutput output, string model)
        => (_session, _binding, _output, _model) = (session, binding, output, model);

    /// <summary>Opens a file.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="features">The features that fill its inputs, in order.</param>
    /// <param name="output">Which output is the score.</param>
    /// <param name="externalDataDirectory">Where the external data of the model lies; null when it has none.</param>
    /// <exception cref="InvalidModelException">The file cannot be run, or its inputs cannot be filled from the features.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public static OnnxScorer Open(
        string model, ReadOnlyMemory<byte> onnx, IReadOnlyList<FeatureColumn> features, ModelOutput output, string? externalDataDirectory = null)
    {
        var signature = OnnxModelReader.Read(model, onnx.Span).Signature;
        var binding = FeatureBinding.Create(model, version: null, signature, new FeatureRowLayout(features));
        if (binding.Inputs.FirstOrDefault(i => i.Conversion is not null || i.RowShape is not null || i.FixedBatch > 0) is { } input)
        {
            throw new InvalidModelException(
                model, $"Expected a model that takes features as they are, any number of rows, but found input {signature.Inputs[input.Index]} (model '{model}').");
        }

        try
        {
            using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            SessionFiles.Configure(options, externalDataDirectory);
            return new(new InferenceSession(onnx.ToArray(), options), binding, output, model);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelException(model, $"Expected a model that ONNX Runtime can load, but it says: {e.Message.Trim()} (model '{model}').", e);
        }
        catch (Exception e) when (OnnxRuntimeNative.IsMissing(e))
        {
            throw OnnxRuntimeNative.Missing(e);
        }
    }

    /// <summary>Scores a run of rows.</summary>
    /// <param name="table">Rows of the features that the scorer was opened with.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="cancellationToken">Ends scoring between batches.</param>
    /// <returns>One score per row.</returns>
    /// <exception cref="InvalidModelException">ONNX Runtime fails on the rows, or the score is not a number per row.</exception>
    public double[] Score(FeatureTable table, int start, int count, CancellationToken cancellationToken)
    {
        var scores = new double[count];
        using var options = new RunOptions();
        for (var done = 0; done < count; done += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = Math.Min(BatchSize, count - done);
            ScoreBatch(options, table, start + done, scores.AsSpan(done, rows));
        }

        return scores;
    }

    public void Dispose() => _session.Dispose();

    private void ScoreBatch(RunOptions options, FeatureTable table, int start, Span<double> scores)
    {
        var inputs = new List<OrtValue>();
        try
        {
            foreach (var input in _binding.Inputs)
            {
                inputs.Add(TableTensor.Create(table, input, start, scores.Length));
            }

            using var results = _session.Run(options, [.. _binding.Inputs.Select(i => i.Name)], inputs, [_output.ScoreOutput]);
            ReadScores(results[0], scores);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelException(_model, $"Expected a model that ONNX Runtime can run on the rows, but it says: {e.Message.Trim()} (model '{_model}').", e);
        }
        finally
        {
            inputs.ForEach(i => i.Dispose());
        }
    }

    private void ReadScores(OrtValue value, Span<double> scores)
    {
        var type = value.GetTensorTypeAndShape();
        var width = type.Shape.Length > 1 ? type.Shape[^1] : 1;
        if (type.ElementCount != width * scores.Length || _output.ScoreIndex >= width)
        {
            throw new InvalidModelException(
                _model, $"Expected output '{_output.ScoreOutput}' with a score in column {_output.ScoreIndex} of {scores.Length} rows, but found the shape [{string.Join(", ", type.Shape)}] (model '{_model}').");
        }

        if (type.ElementDataType == TensorElementType.Double)
        {
            var wide = value.GetTensorDataAsSpan<double>();
            for (var i = 0; i < scores.Length; i++)
            {
                scores[i] = wide[(int)((i * width) + _output.ScoreIndex)];
            }

            return;
        }

        if (type.ElementDataType != TensorElementType.Float)
        {
            throw new InvalidModelException(_model, $"Expected output '{_output.ScoreOutput}' to hold floats, but found {type.ElementDataType} (model '{_model}').");
        }

        var single = value.GetTensorDataAsSpan<float>();
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = single[(int)((i * width) + _output.ScoreIndex)];
        }
    }
}
