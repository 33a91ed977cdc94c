using System.Globalization;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// Takes the operator ZipMap (ai.onnx.ml) off the outputs of a classifier: it turns a matrix of probabilities into a sequence of one map per row. The matrix is handed out under the
/// name of the output in its place, and the keys of the maps are the names of its columns.
/// </summary>
/// <param name="Onnx">The file to serve: the same bytes where there is nothing to rewrite.</param>
/// <param name="Signature">What the served file declares.</param>
/// <param name="ClassNames">Names of the columns, by output that was rewritten.</param>
internal sealed record ZipMapRewrite(ReadOnlyMemory<byte> Onnx, ModelSignature Signature, IReadOnlyDictionary<string, IReadOnlyList<string>> ClassNames)
{
    private const string Operator = "ZipMap";

    /// <summary>Any version has Identity; this one is as old as ZipMap's users.</summary>
    private const int LeastOperatorSet = 9;

    /// <summary>Rewrites a file.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="signature">What the file declares.</param>
    /// <exception cref="InvalidModelException">The bytes are not an ONNX model.</exception>
    public static ZipMapRewrite Apply(string model, ReadOnlyMemory<byte> onnx, ModelSignature signature)
    {
        var names = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

        // Only a ZipMap makes a sequence that could become a tensor, so most files need not be opened.
        if (!signature.Outputs.Any(IsSequence))
        {
            return new ZipMapRewrite(onnx, signature, names);
        }

        var editor = OnnxModelEditor.Open(model, onnx);
        foreach (var output in signature.Outputs.Where(IsSequence))
        {
            if (editor.Graph.Producer(output.Name) is { OperatorType: Operator, Domain: OnnxGraphBuilder.MlDomain } node && editor.Graph.Consumers(output.Name).Count == 0)
            {
                names.Add(output.Name, Remove(editor.Graph, node));
                editor.RequireOperatorSet(string.Empty, LeastOperatorSet);
            }
        }

        return new ZipMapRewrite(
            names.Count == 0 ? onnx : editor.ToArray(),
            signature with { Outputs = [.. signature.Outputs.Select(o => names.TryGetValue(o.Name, out var classes) ? Probabilities(o.Name, classes) : o)] },
            names);
    }

    private static bool IsSequence(TensorSpecification output) => output.ElementType == TensorElementKind.Sequence;

    private static IReadOnlyList<string> Remove(OnnxGraphEditor graph, OnnxNodeEditor node)
    {
        var (source, output) = (node.Inputs[0], node.Outputs[0]);
        var classes = node.Attribute("classlabels_strings")?.Strings is { Count: > 0 } texts
            ? texts
            : [.. (node.Attribute("classlabels_int64s")?.Ints ?? []).Select(k => k.ToString(CultureInfo.InvariantCulture))];
        graph.ReplaceOutput(output, OnnxMessages.ValueInfo(output, OnnxDataType.Float32, [.. Probabilities(output, classes).Dimensions]));

        // A copy costs less than to ask who else goes by the name of the source.
        graph.AddNode(OnnxMessages.Node("Identity", [source], [output]), node);
        graph.RemoveNode(node);
        return classes;
    }

    private static TensorSpecification Probabilities(string name, IReadOnlyList<string> classes)
        => new(name, TensorElementKind.Float32, [-1, classes.Count == 0 ? -1 : classes.Count]);
}
