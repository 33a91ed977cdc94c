using System.Collections.ObjectModel;
using Mlp.Runtime.Data;
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

    /// <summary>How features become inputs; null for a source with a rule of its own, as trees have, which implements the members below that are derived from it.</summary>
    FeatureEncoding? Encoding { get; }

    /// <summary>The features, in order.</summary>
    FeatureRowLayout Layout => Required.Layout;

    /// <summary>The smallest opset, and version of <c>ai.onnx.ml</c>, that its nodes need; the export may ask for newer ones.</summary>
    (int Opset, int MlOpset) MinimumOpset { get; }

    /// <summary>The same object for the same trained model, and for no other; null where nobody can tell.</summary>
    object? Identity => null;

    /// <summary>Largest |file − trained| / max(1, |trained|, <see cref="LabelScale"/>) that is accepted in float32.</summary>
    double Tolerance { get; }

    /// <summary>Standard deviation of a regression's training labels, in the label's unit; 1 for other tasks.</summary>
    double LabelScale => 1;

    /// <summary>The settings that it was trained with, by name, for the file's lineage.</summary>
    IReadOnlyDictionary<string, string> Parameters => ReadOnlyDictionary<string, string>.Empty;

    private FeatureEncoding Required => Encoding ?? throw new InvalidOperationException("Expected a source without a feature encoding to have a rule of its own.");

    /// <summary>Whether the reference profile counts a feature's values instead of binning them; texts are counted anyway.</summary>
    /// <param name="column">Index of the feature.</param>
    bool IsCode(int column) => Required.IsCode(column);

    /// <summary>Adds the model's inputs and the nodes that turn them into what <see cref="Write"/> takes.</summary>
    /// <param name="graph">The graph.</param>
    EncodedInputs WriteInputs(OnnxGraphBuilder graph) => FeatureEncodingGraph.Write(Required, graph);

    /// <summary>Adds the nodes of the model.</summary>
    /// <param name="graph">The graph, with the encoding's nodes in it.</param>
    /// <param name="inputs">What the encoding makes.</param>
    /// <returns>Name of a float value of shape (N, <see cref="ScoreCount"/>): probabilities, or numbers in the label's unit.</returns>
    string Write(OnnxGraphBuilder graph, EncodedInputs inputs);

    /// <summary>What was trained says of rows.</summary>
    /// <param name="rows">Encoded rows of the same encoding.</param>
    /// <returns>Shape (rows, <see cref="ScoreCount"/>), row-major.</returns>
    float[] Score(EncodedRows rows);

    /// <summary>What was trained says of rows: what the exporter asks.</summary>
    /// <param name="table">Rows of the same features.</param>
    /// <returns>Shape (rows, <see cref="ScoreCount"/>), row-major.</returns>
    float[] Score(FeatureTable table) => Score(Required.Encode(table));
}
