using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Texts;

/// <summary>Writes a <see cref="TextEncoding"/>: ONNX Runtime's Tokenizer cuts the text, TfIdfVectorizer counts the terms.</summary>
internal sealed class TextGraph(TextEncoding feature, EncodingGraph graph)
{
    /// <summary>Adds the nodes.</summary>
    /// <returns>Names of float values that together are the outputs of the feature.</returns>
    public static IEnumerable<string> Write(TextEncoding feature, EncodingGraph graph) => new TextGraph(feature, graph).Write();

    private List<string> Write()
    {
        var present = graph.Present([feature.Column]);
        var outputs = new List<string> { Node("Where", [present, Weigh(Count()), graph.Constant("none", [0f])]) };
        if (feature.HasIndicator)
        {
            outputs.Add(graph.Cast(Node("Not", [present]), OnnxDataType.Float32));
        }

        return outputs;
    }

    private string Count()
    {
        var texts = Node("Reshape", [graph.Values(FeatureType.String, [feature.Column]), graph.Constant("flat", [-1L], 1)]);
        if (!feature.Rule.KeepsCase)
        {
            // The locale C is on every host, and leaves letters beyond ASCII as they are.
            texts = Node("StringNormalizer", [texts], OnnxAttribute.Text("case_change_action", "LOWER"), OnnxAttribute.Text("locale", "C"));
        }

        var tokens = graph.Builder.AddNode(
            "Tokenizer",
            [texts],
            [OnnxAttribute.Int("mark", 0), OnnxAttribute.Text("pad_value", string.Empty), OnnxAttribute.Text("tokenexp", feature.Rule.Pattern), OnnxAttribute.Int("mincharnum", 1)],
            OnnxGraphBuilder.RuntimeDomain);
        return Node("TfIdfVectorizer", [tokens], Terms());
    }

    // The terms by length, each length from a place of its own in one list of tokens.
    private OnnxAttribute[] Terms()
    {
        var rule = feature.Rule;
        var pool = new List<string>();
        var starts = new List<long>();
        var slots = new List<long>();
        for (var length = 1; length <= rule.Longest; length++)
        {
            starts.Add(pool.Count);
            for (var i = 0; i < feature.Terms.Count; i++)
            {
                if (rule.TokensOf(feature.Terms[i]) is var tokens && tokens.Length == length)
                {
                    pool.AddRange(tokens);
                    slots.Add(feature.Slots[i]);
                }
            }
        }

        return
        [
            OnnxAttribute.Strings("pool_strings", pool), OnnxAttribute.Ints("ngram_counts", starts), OnnxAttribute.Ints("ngram_indexes", slots), OnnxAttribute.Int("min_gram_length", rule.Shortest),
            OnnxAttribute.Int("max_gram_length", rule.Longest), OnnxAttribute.Int("max_skip_count", 0), OnnxAttribute.Text("mode", "TF"),
        ];
    }

    private string Weigh(string counts)
    {
        if (feature.Weight == TermWeight.Count)
        {
            return counts;
        }

        if (feature.Weight == TermWeight.Presence)
        {
            return Node("Min", [counts, graph.Constant("once", [1f])]);
        }

        var values = Node("Mul", [graph.Cast(counts, OnnxDataType.Float64), graph.Constant("term_factors", [.. feature.Factors], feature.Factors.Count)]);
        var squares = Node("ReduceSum", [Node("Mul", [values, values]), graph.Constant("term_axis", [1L], 1)]);
        var length = Node("Where", [Node("Equal", [squares, graph.Constant("zero", [0.0])]), graph.Constant("unit", [1.0]), Node("Sqrt", [squares])]);
        return graph.Cast(Node("Div", [values, length]), OnnxDataType.Float32);
    }

    private string Node(string operation, IReadOnlyList<string> inputs, params OnnxAttribute[] attributes) => graph.Builder.AddNode(operation, inputs, attributes);
}
