using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Writes <see cref="LetterHash"/>. Texts are cut into letters by ONNX Runtime's Tokenizer.</summary>
internal static class LetterGraph
{
    /// <summary>Adds the nodes that number letters.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="texts">Name of a text value of shape (N, texts).</param>
    /// <param name="letters">The letters with a number of their own.</param>
    /// <returns>Name of an int64 value of shape (N, texts, letters): numbers of letters, 0 behind the end of a text.</returns>
    public static string Numbers(EncodingGraph graph, string texts, IReadOnlyList<string> letters)
    {
        var cut = graph.Builder.AddNode(
            "Tokenizer",
            [texts],
            [OnnxAttribute.Int("mark", 0), OnnxAttribute.Text("pad_value", string.Empty), OnnxAttribute.Text("tokenexp", "(?s)."), OnnxAttribute.Int("mincharnum", 1)],
            OnnxGraphBuilder.RuntimeDomain);
        var numbers = graph.Builder.AddNode(
            "LabelEncoder",
            [cut],
            [
                OnnxAttribute.Strings("keys_strings", [string.Empty, .. letters]),
                OnnxAttribute.Ints("values_int64s", [0, .. letters.Select((_, i) => (long)LetterNumbers.Other + 1 + i)]),
                OnnxAttribute.Int("default_int64", LetterNumbers.Other),
            ],
            OnnxGraphBuilder.MlDomain);
        return Slice(graph, numbers, 2, graph.Constant("most_letters", [(long)LetterHash.MaximumLetters], 1));
    }

    /// <summary>Adds the nodes that hash.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="numbers">What <see cref="Numbers"/> returned.</param>
    /// <param name="coefficients">Of each text, or of all texts.</param>
    /// <returns>Name of an int64 value of shape (N, texts), to be taken mod p.</returns>
    public static string Sums(EncodingGraph graph, string numbers, IReadOnlyList<IReadOnlyList<long>> coefficients)
    {
        // A batch of shorter texts takes as many factors as it has letters.
        var count = graph.Builder.AddNode("Slice", [graph.Builder.AddNode("Shape", [numbers]), graph.Constant("two", [2L], 1), graph.Constant("three", [3L], 1)]);
        var factors = graph.Constant("letter_factors", [.. coefficients.SelectMany(c => c.Skip(1))], coefficients.Count, LetterHash.MaximumLetters);
        var products = graph.Builder.AddNode("Mul", [numbers, Slice(graph, factors, 1, count)]);
        var sums = graph.Builder.AddNode("ReduceSum", [products, graph.Constant("letter_axis", [2L], 1)], [OnnxAttribute.Int("keepdims", 0)]);
        return graph.Builder.AddNode("Add", [sums, graph.Constant("letter_offsets", [.. coefficients.Select(c => c[0])], coefficients.Count)]);
    }

    private static string Slice(EncodingGraph graph, string value, long axis, string end)
        => graph.Builder.AddNode("Slice", [value, graph.Constant("start", [0L], 1), end, graph.Constant("axis", [axis], 1)]);
}
