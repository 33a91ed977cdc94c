using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Categories that have a slot per value.</summary>
/// <param name="categories">Texts, then integers that are codes, each in the service's order.</param>
internal sealed class OneHotBlock(IReadOnlyList<CategoryEncoding> categories) : EncodedBlock
{
    public IReadOnlyList<CategoryEncoding> Categories { get; } = categories;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IEnumerable<int> CodeColumns => Categories.Select(c => c.Column);

    private int SlotCount => Categories.Sum(c => c.SlotCount);

    /// <inheritdoc/>
    public override BlockShape ShapeOf(FeatureRowLayout layout) => new()
    {
        Slots = [.. Categories.SelectMany(c => NamesOf(c, layout.Columns[c.Column].Name))],
        SlotsPerRow = Categories.Count,
    };

    /// <inheritdoc/>
    public override void Encode(FeatureTable table, BlockRows rows)
    {
        for (var i = 0; i < Categories.Count; i++)
        {
            var ofColumn = Categories[i].Encode(table.Columns[Categories[i].Column]);
            for (var row = 0; row < ofColumn.Length; row++)
            {
                rows.SetSlot(row, i, ofColumn[row]);
            }
        }
    }

    /// <inheritdoc/>
    public override BlockOutputs Write(EncodingGraph graph) => SlotCount == 0 ? new([]) : new([], WriteSlots(graph));

    private static IEnumerable<string> NamesOf(CategoryEncoding category, string feature)
    {
        var values = category.Texts.Concat(category.Integers.Select(v => FormattableString.Invariant($"{v}"))).Skip(category.DropsFirst ? 1 : 0).Select(v => $"{feature}={v}");
        return [.. values, .. category.OtherSlot == EncodedRows.NoSlot ? Array.Empty<string>() : [$"{feature} is another"], .. category.MissingSlot == EncodedRows.NoSlot ? Array.Empty<string>() : [$"{feature} is missing"]];
    }

    // Value -> number within the dictionary of its type -> slot, by a table with one row per feature.
    private string WriteSlots(EncodingGraph graph)
    {
        var numbers = new List<string>();
        var rows = new List<long>();
        var table = new List<long>();
        foreach (var group in Categories.GroupBy(c => graph.Layout.Columns[c.Column].Type))
        {
            numbers.Add(
                group.Key == FeatureType.String
                    ? Look(graph, group.Key, [.. group], c => c.TextSlots(), string.Empty, keys => OnnxAttribute.Strings("keys_strings", keys), rows, table)
                    : Look(graph, group.Key, [.. group], c => c.IntegerSlots(), 0L, keys => OnnxAttribute.Ints("keys_int64s", keys), rows, table));
        }

        var entries = graph.Concat(numbers, "categories");
        if (rows.Count > 1)
        {
            entries = graph.Builder.AddNode("Add", [entries, graph.Constant("slot_rows", [.. rows], rows.Count)]);
        }

        var found = graph.Builder.AddNode("Gather", [graph.Constant("slot_table", [.. table], table.Count), entries]);
        long[] missing = [.. Categories.Select(c => SlotOrNone(c.MissingSlot))];
        var slots = graph.Builder.AddNode(
            "Where", [graph.Present([.. Categories.Select(c => c.Column)]), found, graph.Constant("missing_slots", missing, missing.Length)], output: graph.Builder.UniqueName("slots"));
        return graph.OneHot(slots, SlotCount);
    }

    // Looks values of one type up in the union of their features' vocabularies, and adds those features' rows to the table.
    private string Look<T>(
        EncodingGraph graph, FeatureType type, CategoryEncoding[] categories, Func<CategoryEncoding, Dictionary<T, int>> slotsOf, T filler, Func<T[], OnnxAttribute> keys, List<long> rows, List<long> table)
        where T : notnull
    {
        var slots = categories.Select(slotsOf).ToArray();
        T[] union = [.. slots.SelectMany(s => s.Keys).Distinct()];
        if (union.Length == 0)
        {
            // LabelEncoder refuses an empty dictionary. One entry that no feature claims is "other" for all of them.
            union = [filler];
        }

        for (var i = 0; i < categories.Length; i++)
        {
            var unknown = SlotOrNone(categories[i].UnknownSlot);
            rows.Add(table.Count);
            table.AddRange([.. union.Select(v => slots[i].TryGetValue(v, out var slot) ? SlotOrNone(slot) : unknown), unknown]);
        }

        return graph.Builder.AddNode(
            "LabelEncoder",
            [graph.Values(type, [.. categories.Select(c => c.Column)])],
            [keys(union), OnnxAttribute.Ints("values_int64s", [.. Enumerable.Range(0, union.Length).Select(i => (long)i)]), OnnxAttribute.Int("default_int64", union.Length)],
            OnnxGraphBuilder.MlDomain);
    }

    // An index outside the depth of OneHot sets nothing (ONNX operator OneHot, version 11).
    private long SlotOrNone(int slot) => slot == EncodedRows.NoSlot ? SlotCount : slot;
}
