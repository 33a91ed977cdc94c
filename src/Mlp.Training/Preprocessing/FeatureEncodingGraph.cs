using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing;

/// <summary>
/// Writes a <see cref="FeatureEncoding"/> as ONNX nodes over at most one input per element type and one with statuses. Features that are treated alike are treated together, so the
/// number of nodes does not grow with the number of features. Numbers are worked on in double and only then narrowed, as <see cref="FeatureEncoding.Encode"/> does it: both
/// give the same bits.
/// </summary>
internal static class FeatureEncodingGraph
{
    /// <summary>Whether a model over these features takes statuses: there is a feature of a type without NaN.</summary>
    public static bool NeedsStatus(FeatureRowLayout layout)
        => layout.WidthOf(FeatureType.Int64) + layout.WidthOf(FeatureType.Boolean) + layout.WidthOf(FeatureType.String) > 0;

    /// <summary>Adds the inputs and the encoding.</summary>
    /// <returns>The values that the model takes.</returns>
    public static EncodedInputs Write(FeatureEncoding encoding, OnnxGraphBuilder graph)
    {
        var writer = new EncodingGraph(encoding.Layout, graph);
        var outputs = encoding.Blocks.Select(b => b.Write(writer)).ToList();
        List<string> dense = [.. outputs.SelectMany(o => o.Floats), .. outputs.Where(o => o.Slots is not null).Select(o => o.Slots!)];
        List<string> ids = [.. outputs.Where(o => o.Ids is not null).Select(o => o.Ids!)];
        return new(dense.Count == 0 ? null : writer.Concat(dense, "encoded"), ids.Count == 0 ? null : writer.Concat(ids, "encoded_ids"));
    }
}
