using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Trees;

/// <summary>Trained trees as the exporter sees them.</summary>
internal sealed class TreeExportSource(TrainedTrees trees, TreeEncoding encoding, LightGbmModel model, TreeConversionOptions conversion) : ILogOddsSource
{
    private readonly bool _isWide = conversion.Precision == TreePrecision.Float64;

    public ModelTask Task => trees.Task;

    public int ScoreCount => trees.ScoreCount;

    public FeatureEncoding? Encoding => null;

    public FeatureRowLayout Layout => encoding.Layout;

    public (int Opset, int MlOpset) MinimumOpset => TreeGraph.OpsetOf(conversion.Operator);

    public object? Identity => trees.Identity;

    public double Tolerance => OnnxExporter.Tolerance;

    public double LabelScale => trees.Task == ModelTask.Regression ? trees.Rows.LabelDeviation(trees.TrainingCount) : 1;

    public IReadOnlyDictionary<string, string> Parameters => trees.Parameters;

    public bool IsCode(int column) => encoding.IsCategory(column);

    public EncodedInputs WriteInputs(OnnxGraphBuilder graph) => new(TreeEncodingGraph.Write(encoding, graph, _isWide), null);

    public string Write(OnnxGraphBuilder graph, EncodedInputs inputs)
        => TreeGraph.WriteLink(graph, WriteRaw(graph, inputs), model.Known);

    public float[] Score(EncodedRows rows) => throw new InvalidOperationException("Expected rows of features, but found rows that were encoded for a network.");

    public float[] Score(FeatureTable table) => trees.Predict(table);

    public string WriteLogOdds(OnnxGraphBuilder graph, EncodedInputs inputs)
    {
        var raw = WriteRaw(graph, inputs);
        return model.Known.Factor == 1 ? raw : graph.AddNode("Mul", [raw, graph.AddConstant("sigmoid_factor", (ReadOnlySpan<float>)[(float)model.Known.Factor])]);
    }

    // LightGBM adds the trees of a forest up, where the model takes their mean.
    public float[] LogOdds(FeatureTable table)
        => Array.ConvertAll(trees.PredictRaw(table, 0, table.RowCount), raw => (float)(raw * model.LeafFactor * model.Known.Factor));

    private string WriteRaw(OnnxGraphBuilder graph, EncodedInputs inputs) => new TreeGraph(model, conversion.Operator, _isWide, areCategoriesWhole: true).WriteRaw(graph, inputs.Dense!);
}
