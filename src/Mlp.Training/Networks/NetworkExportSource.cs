using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>A trained network as the exporter sees it.</summary>
internal sealed class NetworkExportSource(TrainedNetwork trained, LayeredNetwork network, NetworkLink link) : ILogOddsSource
{
    public ModelTask Task => link.Task;

    public int ScoreCount => link.Outputs;

    public FeatureEncoding? Encoding => trained.Encoding;

    public (int Opset, int MlOpset) MinimumOpset => (LayeredNetwork.MinimumOpset, 3);

    public object? Identity => trained.Identity;

    public double Tolerance => OnnxExporter.Tolerance;

    public double LabelScale => link.Scale.Factor;

    public IReadOnlyDictionary<string, string> Parameters => trained.Parameters;

    public string Write(OnnxGraphBuilder graph, EncodedInputs inputs) => link.Write(graph, network.Write(graph, inputs));

    public float[] Score(EncodedRows rows) => trained.Predict(rows);

    public string WriteLogOdds(OnnxGraphBuilder graph, EncodedInputs inputs) => network.Write(graph, inputs);

    public float[] LogOdds(FeatureTable table) => trained.Outputs(trained.Encoding.Encode(table));
}
