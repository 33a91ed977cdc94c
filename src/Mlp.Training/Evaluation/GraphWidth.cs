using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;

namespace Mlp.Training.Evaluation;

/// <summary>How many numbers a row becomes within a file, as far as its constants say: a run of many rows of a wide encoding would fill the memory.</summary>
internal static class GraphWidth
{
    /// <summary>Rows of the largest run of a file.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="features">The features that fill its inputs.</param>
    public static int BatchFor(string model, ReadOnlyMemory<byte> onnx, IReadOnlyList<FeatureColumn> features)
        => ExportProver.BatchFor((int)Math.Min(int.MaxValue, Math.Max(features.Sum(f => (long)f.Length), Of(OnnxModelEditor.Open(model, onnx).Graph))));

    private static long Of(OnnxGraphEditor graph)
    {
        var constants = graph.Initializers.DistinctBy(i => i.Name, StringComparer.Ordinal).ToDictionary(i => i.Name, StringComparer.Ordinal);
        return graph.Nodes.Select(n => Of(n, constants)).DefaultIfEmpty().Max();
    }

    // What indicators are multiplied with is as wide as they are, however they were made.
    private static long Of(OnnxNodeEditor node, Dictionary<string, OnnxInitializer> constants)
        => node.Inputs.Count < 2 || !constants.TryGetValue(node.Inputs[1], out var second) ? 0
            : node.OperatorType switch
            {
                "OneHot" when second is { DataType: OnnxDataType.Int64, IsExternal: false } => second.ReadInt64s().DefaultIfEmpty().Max(),
                "MatMul" or "Gemm" or "MatMulInteger" => second.Dimensions.DefaultIfEmpty().Max(),
                _ => 0,
            };
}
