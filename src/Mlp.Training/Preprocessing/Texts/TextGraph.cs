using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing.Categories;

namespace Mlp.Training.Preprocessing.Texts;

/// <summary>Writes a <see cref="TextEncoding"/>: ONNX Runtime's Tokenizer cuts the text, TfIdfVectorizer counts terms that are known, and integer nodes hash others.</summary>
internal sealed class TextGraph(TextEncoding feature, EncodingGraph graph)
{
    /// <summary>Adds the nodes.</summary>
    /// <returns>Names of float values that together are the outputs of the feature.</returns>
    public static IEnumerable<string> Write(TextEncoding feature, EncodingGraph graph) => new TextGraph(feature, graph).Write();

    private List<string> Write()
    {
        var present = graph.Present([feature.Column]);
        var outputs = new List<string> { Node("Where", [present, Weigh(feature.Hash is null ? CountTerms(Tokens()) : CountBuckets(Tokens(), feature.Hash)), graph.Constant("none", [0f])]) };
        if (feature.HasIndicator)
        {
            outputs.Add(graph.Cast(Node("Not", [present]), OnnxDataType.Float32));
        }

        return outputs;
    }

    private string Tokens()
    {
        var texts = Node("Reshape", [graph.Values(FeatureType.String, [feature.Column]), graph.Constant("flat", [-1L], 1)]);
        if (!feature.Rule.KeepsCase)
        {
            // The locale C is on every host, and leaves letters beyond ASCII as they are.
            texts = Node("StringNormalizer", [texts], OnnxAttribute.Text("case_change_action", "LOWER"), OnnxAttribute.Text("locale", "C"));
        }

        return graph.Builder.AddNode(
            "Tokenizer",
            [texts],
            [OnnxAttribute.Int("mark", 0), OnnxAttribute.Text("pad_value", string.Empty), OnnxAttribute.Text("tokenexp", feature.Rule.Pattern), OnnxAttribute.Int("mincharnum", 1)],
            OnnxGraphBuilder.RuntimeDomain);
    }

    private string CountTerms(string tokens) => Node("TfIdfVectorizer", [tokens], Terms());

    private string CountBuckets(string tokens, TermHash hash)
    {
        // A token that is none stands behind the others, so that a batch without tokens has a column.
        var first = Node("Mul", [graph.Cast(graph.Present([feature.Column]), OnnxDataType.Int64), Integers(0)]);
        var none = Node("Gather", [graph.Builder.AddConstant(graph.Builder.UniqueName("no_token"), new[] { string.Empty }, 1), first]);
        tokens = Node("Concat", [tokens, none], OnnxAttribute.Int("axis", 1));
        var isToken = graph.Cast(
            graph.Builder.AddNode(
                "LabelEncoder",
                [tokens],
                [OnnxAttribute.Strings("keys_strings", [string.Empty]), OnnxAttribute.Ints("values_int64s", [0L]), OnnxAttribute.Int("default_int64", 1)],
                OnnxGraphBuilder.MlDomain),
            OnnxDataType.Boolean);
        var hashes = Node("Mod", [LetterGraph.Sums(graph, LetterGraph.Numbers(graph, tokens, hash.Letters), [hash.Coefficients]), Integers(LetterHash.Prime)]);
        var (joined, buckets) = (hashes, new List<string>());
        for (var length = 1; length <= feature.Rule.Longest; length++)
        {
            if (length > 1)
            {
                var left = Node("Mul", [Slice(joined, 0, -1), Integers(hash.JoinFactors[1])]);
                var right = Node("Mul", [Slice(hashes, length - 1, int.MaxValue), Integers(hash.JoinFactors[2])]);
                joined = Node("Mod", [Node("Add", [left, right]), Integers(LetterHash.Prime)]);
            }

            if (length >= feature.Rule.Shortest)
            {
                // What ends behind the last token counts nowhere.
                var isTerm = length == 1 ? isToken : Slice(isToken, length - 1, int.MaxValue);
                buckets.Add(Node("Where", [isTerm, Node("Mod", [joined, Integers(hash.Buckets)]), Integers(hash.Buckets)]));
            }
        }

        return graph.Histogram(graph.Concat(buckets, "term_buckets"), hash.Buckets);
    }

    private string Slice(string value, long start, long end)
        => Node("Slice", [value, graph.Constant("start", [start], 1), graph.Constant("end", [end], 1), graph.Constant("axis", [1L], 1)]);

    private string Integers(long value) => graph.Constant("integer", [value]);

    // The terms by length, each length from a place of its own in one list of tokens.
    private OnnxAttribute[] Terms()
    {
        var rule = feature.Rule;
        var pool = new List<string>();
        var starts = new List<long>();
        var places = new List<long>();
        for (var length = 1; length <= rule.Longest; length++)
        {
            starts.Add(pool.Count);
            for (var i = 0; i < feature.Terms.Count; i++)
            {
                if (rule.TokensOf(feature.Terms[i]) is var tokens && tokens.Length == length)
                {
                    pool.AddRange(tokens);
                    places.Add(i);
                }
            }
        }

        return
        [
            OnnxAttribute.Strings("pool_strings", pool), OnnxAttribute.Ints("ngram_counts", starts), OnnxAttribute.Ints("ngram_indexes", places), OnnxAttribute.Int("min_gram_length", rule.Shortest),
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
