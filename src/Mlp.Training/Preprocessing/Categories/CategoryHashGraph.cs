using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Writes the hashes of a <see cref="CategoryHashBlock"/>.</summary>
internal sealed class CategoryHashGraph(CategoryHashBlock block, EncodingGraph graph)
{
    private readonly CategoryHash[] _texts = [.. block.Hashes.Where(h => h.IsText)];
    private readonly CategoryHash[] _integers = [.. block.Hashes.Where(h => !h.IsText)];

    /// <summary>Adds the nodes.</summary>
    /// <returns>Name of a float value of shape (N, slots of the block).</returns>
    public static string Write(CategoryHashBlock block, EncodingGraph graph) => new CategoryHashGraph(block, graph).Write();

    private string Write()
    {
        // A missing value without a bucket counts nowhere.
        var slotCount = block.Hashes.Sum(h => h.SlotCount);
        long[] first = [.. block.Hashes.Select((_, i) => (long)block.Hashes.Take(i).Sum(h => h.SlotCount))];
        long[] missing = [.. block.Hashes.Select((h, i) => h.HasMissing ? first[i] + h.MissingSlot : slotCount)];
        var letters = _texts.Length == 0 ? null : LetterGraph.Numbers(graph, graph.Values(FeatureType.String, [.. _texts.Select(h => h.Column)]), block.Letters);
        var halves = _integers.Length == 0 ? default : Halves();
        var buckets = Mod(Hash(letters, halves, h => h.BucketCoefficients), "buckets", [.. block.Hashes.Select(h => (long)h.Buckets)]);
        var slots = graph.Builder.AddNode("Add", [buckets, Constant("first_slots", first)]);
        slots = graph.Builder.AddNode("Where", [graph.Present([.. block.Hashes.Select(h => h.Column)]), slots, Constant("missing_slots", missing)]);
        if (!block.Hashes.Any(h => h.IsSigned))
        {
            return graph.Histogram(slots, slotCount);
        }

        var signs = Mod(Hash(letters, halves, h => h.SignCoefficients), "two", [.. block.Hashes.Select(_ => 2L)]);

        // A missing value and a hash without sign count as 1.
        var isNegative = graph.Builder.AddNode(
            "And",
            [
                graph.Builder.AddNode("And", [graph.Cast(signs, OnnxDataType.Boolean), graph.Builder.AddConstant(graph.Builder.UniqueName("is_signed"), [.. block.Hashes.Select(h => h.IsSigned)], block.Hashes.Count)]),
                graph.Present([.. block.Hashes.Select(h => h.Column)]),
            ]);
        var sign = graph.Builder.AddNode("Where", [isNegative, graph.Constant("minus", [-1f]), graph.Constant("plus", [1f])]);
        return graph.Histogram(slots, slotCount, sign);
    }

    // (N, integers) twice: x mod 2^31, and the rest / 2^31 mod p. Mod takes the sign of the divisor.
    private (string Low, string High) Halves()
    {
        var values = graph.Values(FeatureType.Int64, [.. _integers.Select(h => h.Column)]);
        var size = graph.Constant("half_size", [CategoryHash.HalfSize]);
        var low = graph.Builder.AddNode("Mod", [values, size]);
        var high = graph.Builder.AddNode("Div", [graph.Builder.AddNode("Sub", [values, low]), size]);
        return (low, Mod(high, "prime", [LetterHash.Prime]));
    }

    private string Hash(string? letters, (string Low, string High) halves, Func<CategoryHash, IReadOnlyList<long>> coefficients)
    {
        var sums = new List<string>();
        if (letters is not null)
        {
            sums.Add(LetterGraph.Sums(graph, letters, [.. _texts.Select(coefficients)]));
        }

        if (_integers.Length > 0)
        {
            var low = graph.Builder.AddNode("Mul", [halves.Low, Constant("low_factors", [.. _integers.Select(h => coefficients(h)[1])])]);
            var high = graph.Builder.AddNode("Mul", [halves.High, Constant("high_factors", [.. _integers.Select(h => coefficients(h)[2])])]);
            var sum = graph.Builder.AddNode("Add", [low, high]);
            sums.Add(graph.Builder.AddNode("Add", [sum, Constant("integer_offsets", [.. _integers.Select(h => coefficients(h)[0])])]));
        }

        return Mod(graph.Concat(sums, "hashes"), "prime", [LetterHash.Prime]);
    }

    private string Mod(string value, string name, long[] modulus) => graph.Builder.AddNode("Mod", [value, Constant(name, modulus)]);

    private string Constant(string name, long[] values) => graph.Constant(name, values, values.Length);
}
