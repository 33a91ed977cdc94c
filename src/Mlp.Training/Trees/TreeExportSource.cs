using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Trees;

/// <summary>Trained trees as the exporter sees them.</summary>
internal sealed class TreeExportSource(TrainedTrees trees, TreeEncoding encoding, LightGbmModel model, TreeConversionOptions conversion) : IExportSource
{
    private readonly bool _isWide = conversion.Precision == TreePrecision.Float64;

    public ModelTask Task => trees.Task;

    public int ScoreCount => trees.ScoreCount;

    public FeatureEncoding? Encoding => null;

    public FeatureRowLayout Layout => encoding.Layout;

    public (int Opset, int MlOpset) MinimumOpset => TreeGraph.OpsetOf(conversion.Operator);

    public double Tolerance => OnnxExporter.Tolerance;

    public IReadOnlyDictionary<string, string> Parameters => model.Parameters;

    public bool IsCode(int column) => encoding.IsCategory(column);

    public EncodedInputs WriteInputs(OnnxGraphBuilder graph) => new(TreeEncodingGraph.Write(encoding, graph, _isWide), null);

    public string Write(OnnxGraphBuilder graph, EncodedInputs inputs)
        => TreeGraph.WriteLink(graph, new TreeGraph(model, conversion.Operator, _isWide, areCategoriesWhole: true).WriteRaw(graph, inputs.Dense!), model.Known);

    public float[] Score(EncodedRows rows) => throw new InvalidOperationException("Expected rows of features, but found rows that were encoded for a network.");

    public float[] Score(FeatureTable table) => trees.Predict(table);
}
