using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>A trained model as the exporter sees it: a graph to write and the scores that the file must repeat. Thread-safe.</summary>
internal interface IExportSource
{
    /// <summary>What it predicts.</summary>
    ModelTask Task { get; }

    /// <summary>Scores of one row.</summary>
    int ScoreCount { get; }

    /// <summary>How features become inputs.</summary>
    FeatureEncoding Encoding { get; }

    /// <summary>The smallest opset, and version of <c>ai.onnx.ml</c>, that its nodes need; the export may ask for newer ones.</summary>
    (int Opset, int MlOpset) MinimumOpset { get; }

    /// <summary>Largest |file − trained| / max(1, |trained|) that is accepted in float32.</summary>
    double Tolerance { get; }

    /// <summary>Adds the nodes of the model.</summary>
    /// <param name="graph">The graph, with the encoding's nodes in it.</param>
    /// <param name="inputs">What the encoding makes.</param>
    /// <returns>Name of a float value of shape (N, <see cref="ScoreCount"/>): probabilities, or numbers in the label's unit.</returns>
    string Write(OnnxGraphBuilder graph, EncodedInputs inputs);

    /// <summary>What was trained says of rows.</summary>
    /// <param name="rows">Encoded rows of the same encoding.</param>
    /// <returns>Shape (rows, <see cref="ScoreCount"/>), row-major.</returns>
    float[] Score(EncodedRows rows);
}
