using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>A model of two classes whose probability is the sigmoid of a number that it knows: a calibration takes that number. Thread-safe.</summary>
internal interface ILogOddsSource : IExportSource
{
    /// <summary>Adds the nodes of the model without its sigmoid.</summary>
    /// <param name="graph">The graph, with the encoding's nodes in it.</param>
    /// <param name="inputs">What the encoding makes.</param>
    /// <returns>Name of a float value of shape (N, 1): ln(p / (1 − p)).</returns>
    string WriteLogOdds(OnnxGraphBuilder graph, EncodedInputs inputs);

    /// <summary>What was trained says of rows.</summary>
    /// <param name="table">Rows of the same features.</param>
    /// <returns>Shape (rows): ln(p / (1 − p)).</returns>
    float[] LogOdds(FeatureTable table);
}
