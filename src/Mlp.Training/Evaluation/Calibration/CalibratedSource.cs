using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>A trained model whose scores are calibrated, as the exporter sees it: the calibration becomes part of the graph and of the proof.</summary>
internal sealed class CalibratedSource(IExportSource inner, ScoreCalibration calibration) : IExportSource
{
    /// <summary>Where the file names its calibration.</summary>
    public const string MetadataKey = "mlp.calibration";

    public ModelTask Task => inner.Task;

    public int ScoreCount => inner.ScoreCount;

    public FeatureEncoding? Encoding => inner.Encoding;

    public FeatureRowLayout Layout => inner.Layout;

    public (int Opset, int MlOpset) MinimumOpset => inner.MinimumOpset;

    public object? Identity => inner.Identity;

    public double Tolerance => inner.Tolerance;

    public IReadOnlyDictionary<string, string> Parameters => inner.Parameters;

    /// <summary>The model with its calibration, or the model alone where there is none.</summary>
    /// <exception cref="ArgumentException">The calibration is for another task or number of classes, or was fitted to the scores of another model.</exception>
    public static IExportSource Of(IExportSource source, ScoreCalibration? calibration)
    {
        if (calibration is null)
        {
            return source;
        }

        if (calibration.Model is { } model && source.Identity is { } identity && model != identity)
        {
            throw new ArgumentException("Expected a calibration of this model, but found one that was fitted to the scores of another model.", nameof(calibration));
        }

        return source.Task == calibration.Task && source.ScoreCount == calibration.ScoreCount
            ? new CalibratedSource(source, calibration)
            : throw new ArgumentException($"Expected a calibration for {source.Task} with {source.ScoreCount} scores, but found one for {calibration.Task} with {calibration.ScoreCount}.", nameof(calibration));
    }

    public bool IsCode(int column) => inner.IsCode(column);

    public EncodedInputs WriteInputs(OnnxGraphBuilder graph) => inner.WriteInputs(graph);

    public string Write(OnnxGraphBuilder graph, EncodedInputs inputs)
        => WriteCalibration(graph, WriteModel(graph, inputs));

    /// <summary>Adds the nodes of the model alone.</summary>
    /// <returns>Name of what <see cref="WriteCalibration"/> takes.</returns>
    public string WriteModel(OnnxGraphBuilder graph, EncodedInputs inputs) => LogOdds.Write(inner, graph, inputs);

    /// <summary>Adds the nodes of the calibration.</summary>
    /// <returns>Name of the scores.</returns>
    public string WriteCalibration(OnnxGraphBuilder graph, string logOdds)
    {
        graph.AddMetadata(MetadataKey, calibration.Name);
        return calibration.Calibrator.Write(graph, logOdds);
    }

    public float[] Score(EncodedRows rows) => throw new InvalidOperationException("Expected rows of features, but found rows that were encoded already.");

    public float[] Score(FeatureTable table)
    {
        var scores = LogOdds.Of(inner, table);
        calibration.Calibrator.Apply(scores, scores);
        return scores;
    }
}
