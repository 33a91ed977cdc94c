using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing;

/// <summary>
/// Writes a <see cref="FeatureEncoding"/> as ONNX nodes over at most one input per element type and one with statuses. Features of one kind are treated together, so the
/// number of nodes does not grow with the number of features. Numbers are standardised in double and only then narrowed, as <see cref="FeatureEncoding.Encode"/> does it: both
/// give the same bits.
/// </summary>
internal sealed class FeatureEncodingGraph
{
    private readonly FeatureEncoding _encoding;
    private readonly OnnxGraphBuilder _graph;
    private readonly Dictionary<FeatureType, string> _inputs = [];
    private readonly string? _present;

    private FeatureEncodingGraph(FeatureEncoding encoding, OnnxGraphBuilder graph)
    {
        (_encoding, _graph) = (encoding, graph);
        var layout = encoding.Layout;
        foreach (var type in Enum.GetValues<FeatureType>())
        {
            if (layout.WidthOf(type) > 0)
            {
                _inputs.Add(type, graph.AddInput(FeatureBinding.BlockName(type), ElementType(type), OnnxGraphBuilder.Batch, layout.WidthOf(type)));
            }
        }

        if (NeedsStatus(layout))
        {
            var status = graph.AddInput(FeatureBinding.StatusInput, OnnxDataType.UInt8, OnnxGraphBuilder.Batch, layout.Columns.Count);
            _present = graph.AddNode(
                "Equal", [Cast(status, OnnxDataType.Int32), graph.AddConstant("present", [(int)FeatureStatus.Present])], output: "is_present");
        }
    }

    /// <summary>Whether a model over these features takes statuses: there is a feature of a type without NaN.</summary>
    public static bool NeedsStatus(FeatureRowLayout layout)
        => layout.WidthOf(FeatureType.Int64) + layout.WidthOf(FeatureType.Boolean) + layout.WidthOf(FeatureType.String) > 0;

    /// <summary>Adds the inputs and the encoding.</summary>
    /// <returns>The values that the model takes.</returns>
    public static EncodedInputs Write(FeatureEncoding encoding, OnnxGraphBuilder graph)
    {
        var writer = new FeatureEncodingGraph(encoding, graph);
        var parts = new List<string>();
        if (encoding.Numbers.Count > 0)
        {
            writer.WriteNumbers(parts);
        }

        if (encoding.SlotCount > 0)
        {
            parts.Add(writer.WriteSlots());
        }

        return new(writer.Concat(parts, "encoded"), null);
    }

    private static OnnxDataType ElementType(FeatureType type) => type switch
    {
        FeatureType.Float32 => OnnxDataType.Float32,
        FeatureType.Float64 => OnnxDataType.Float64,
        FeatureType.Int64 => OnnxDataType.Int64,
        FeatureType.Boolean => OnnxDataType.Boolean,
        _ => OnnxDataType.String,
    };

    private void WriteNumbers(List<string> parts)
    {
        var values = Concat([.. FloatNumbers(), .. OtherNumbers()], "numbers");
        var width = _encoding.Numbers.Count;

        // x − x is NaN for NaN and for both infinities.
        var missing = _graph.AddNode("IsNaN", [_graph.AddNode("Sub", [values, values])], output: "is_missing");
        var centred = _graph.AddNode("Sub", [values, _graph.AddConstant("means", [.. _encoding.Numbers.Select(n => n.Mean)], width)]);
        var scaled = _graph.AddNode("Div", [centred, _graph.AddConstant("deviations", [.. _encoding.Numbers.Select(n => n.Deviation)], width)]);
        var clipped = _graph.AddNode(
            "Clip", [scaled, _graph.AddConstant("least", [-_encoding.MaximumDeviation]), _graph.AddConstant("greatest", [_encoding.MaximumDeviation])]);
        var standardised = _graph.AddNode(
            "Where", [missing, _graph.AddConstant("zero", [0f]), Cast(clipped, OnnxDataType.Float32)], output: "standardised");
        parts.Add(standardised);
        if (_encoding.IndicatorCount > 0)
        {
            var indicated = Enumerable.Range(0, width).Where(i => _encoding.Numbers[i].HasIndicator).ToArray();
            parts.Add(Cast(Columns(missing, indicated, width), OnnxDataType.Float32));
        }
    }

    // Floats as double; what is not present is NaN already.
    private IEnumerable<string> FloatNumbers()
    {
        if (_inputs.TryGetValue(FeatureType.Float32, out var single))
        {
            yield return Cast(single, OnnxDataType.Float64);
        }

        if (_inputs.TryGetValue(FeatureType.Float64, out var wide))
        {
            yield return wide;
        }
    }

    // Integers and truth values as double, NaN where not present.
    private IEnumerable<string> OtherNumbers()
    {
        var byType = _encoding.Numbers.Select(n => n.Column).GroupBy(c => _encoding.Layout.Columns[c].Type).Where(g => g.Key is FeatureType.Int64 or FeatureType.Boolean).ToList();
        if (byType.Count > 0)
        {
            var numbers = byType.ConvertAll(g => Cast(Columns(_inputs[g.Key], Ordinals([.. g]), _encoding.Layout.WidthOf(g.Key)), OnnxDataType.Float64));
            int[] columns = [.. byType.SelectMany(g => g)];
            yield return _graph.AddNode("Where", [Present(columns), Concat(numbers, "integers"), _graph.AddConstant("nan", [double.NaN])]);
        }
    }

    // The slots of all categories: value -> number within the dictionary of its type -> slot, by a table with one row per feature.
    private string WriteSlots()
    {
        var numbers = new List<string>();
        var rows = new List<long>();
        var table = new List<long>();
        foreach (var group in _encoding.Categories.GroupBy(c => _encoding.Layout.Columns[c.Column].Type))
        {
            numbers.Add(
                group.Key == FeatureType.String
                    ? Look(group.Key, [.. group], c => c.Texts, string.Empty, keys => OnnxAttribute.Strings("keys_strings", keys), rows, table)
                    : Look(group.Key, [.. group], c => c.Integers, 0L, keys => OnnxAttribute.Ints("keys_int64s", keys), rows, table));
        }

        var entries = Concat(numbers, "categories");
        if (rows.Count > 1)
        {
            entries = _graph.AddNode("Add", [entries, _graph.AddConstant("slot_rows", [.. rows], rows.Count)]);
        }

        var found = _graph.AddNode("Gather", [_graph.AddConstant("slot_table", [.. table], table.Count), entries]);
        long[] missing = [.. _encoding.Categories.Select(c => SlotOrNone(c.MissingSlot))];
        var slots = _graph.AddNode(
            "Where", [Present([.. _encoding.Categories.Select(c => c.Column)]), found, _graph.AddConstant("missing_slots", missing, missing.Length)], output: "slots");
        var depth = _graph.AddConstant("slot_count", [(long)_encoding.SlotCount], 1);
        var oneHot = _graph.AddNode("OneHot", [slots, depth, _graph.AddConstant("off_on", [0f, 1f], 2)]);
        return _graph.AddNode("ReduceSum", [oneHot, _graph.AddConstant("category_axis", [1L], 1)], [OnnxAttribute.Int("keepdims", 0)], output: "one_hot");
    }

    // Looks values of one type up in the union of their features' vocabularies, and adds those features' rows to the table.
    private string Look<T>(
        FeatureType type, CategoryEncoding[] categories, Func<CategoryEncoding, IReadOnlyList<T>> valuesOf, T filler, Func<T[], OnnxAttribute> keys, List<long> rows, List<long> table)
        where T : notnull
    {
        T[] union = [.. categories.SelectMany(valuesOf).Distinct()];
        if (union.Length == 0)
        {
            // LabelEncoder refuses an empty dictionary. One entry that no feature claims is "other" for all of them.
            union = [filler];
        }

        foreach (var category in categories)
        {
            rows.Add(table.Count);
            table.AddRange(TableRow(category, union, valuesOf(category)));
        }

        return _graph.AddNode(
            "LabelEncoder",
            [Columns(_inputs[type], Ordinals([.. categories.Select(c => c.Column)]), _encoding.Layout.WidthOf(type))],
            [keys(union), OnnxAttribute.Ints("values_int64s", [.. Enumerable.Range(0, union.Length).Select(i => (long)i)]), OnnxAttribute.Int("default_int64", union.Length)],
            OnnxGraphBuilder.MlDomain);
    }

    // The slot of each value of the union, and in the last place that of any other value.
    private long[] TableRow<T>(CategoryEncoding category, T[] union, IReadOnlyList<T> values)
        where T : notnull
    {
        var slotOf = values.Select((value, i) => (value, i)).ToDictionary(p => p.value, p => (long)category.FirstSlot + p.i);
        var other = SlotOrNone(category.OtherSlot);
        return [.. union.Select(v => slotOf.GetValueOrDefault(v, other)), other];
    }

    // An index outside the depth of OneHot sets nothing (ONNX operator OneHot, version 11).
    private long SlotOrNone(int slot) => slot == CategoryEncoding.NoSlot ? _encoding.SlotCount : slot;

    private string Present(int[] columns) => Columns(_present!, columns, _encoding.Layout.Columns.Count);

    private int[] Ordinals(int[] columns) => [.. columns.Select(_encoding.Layout.OffsetOf)];

    private string Columns(string value, int[] wanted, int width)
    {
        if (wanted.SequenceEqual(Enumerable.Range(0, width)))
        {
            return value;
        }

        var indexes = _graph.AddConstant(
            string.Create(CultureInfo.InvariantCulture, $"columns_{_graph.NodeCount}"), [.. wanted.Select(i => (long)i)], wanted.Length);
        return _graph.AddNode("Gather", [value, indexes], [OnnxAttribute.Int("axis", 1)]);
    }

    private string Cast(string value, OnnxDataType type) => _graph.AddNode("Cast", [value], [OnnxAttribute.Int("to", (int)type)]);

    private string Concat(List<string> parts, string name)
        => parts.Count == 1 ? parts[0] : _graph.AddNode("Concat", parts, [OnnxAttribute.Int("axis", 1)], output: name);
}
