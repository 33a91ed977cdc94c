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
            if (layout.CountOf(type) > 0)
            {
                _inputs.Add(type, graph.AddInput(FeatureBinding.BlockName(type), ElementType(type), OnnxGraphBuilder.Batch, layout.CountOf(type)));
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
        => layout.CountOf(FeatureType.Int64) + layout.CountOf(FeatureType.Boolean) + layout.CountOf(FeatureType.String) > 0;

    /// <summary>Adds the inputs and the encoding.</summary>
    /// <returns>Name of a float value of shape (N, <see cref="FeatureEncoding.Width"/>).</returns>
    public static string Write(FeatureEncoding encoding, OnnxGraphBuilder graph)
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

        return writer.Concat(parts, "encoded");
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
        var byType = _encoding.Numbers.GroupBy(n => _encoding.Layout.Columns[n.Column].Type);
        var values = Concat([.. byType.Select(g => Numbers(g.Key, [.. g.Select(n => n.Column)]))], "numbers");
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

    // The numbers of one type as double, NaN where not present.
    private string Numbers(FeatureType type, int[] columns)
    {
        var input = Columns(_inputs[type], Ordinals(columns), _encoding.Layout.CountOf(type));
        if (type == FeatureType.Float64)
        {
            return input;
        }

        var numbers = Cast(input, OnnxDataType.Float64);
        return type == FeatureType.Float32 ? numbers : _graph.AddNode("Where", [Present(columns), numbers, _graph.AddConstant($"nan_{type}", [double.NaN])]);
    }

    private string WriteSlots()
    {
        var slots = new List<string>();
        foreach (var group in _encoding.Categories.GroupBy(c => _encoding.Layout.Columns[c.Column].Type))
        {
            slots.Add(Slots(group.Key, [.. group]));
        }

        var all = Concat(slots, "slots");
        var depth = _graph.AddConstant("slot_count", [(long)_encoding.SlotCount], 1);
        var oneHot = _graph.AddNode("OneHot", [all, depth, _graph.AddConstant("off_on", [0f, 1f], 2)]);
        return _graph.AddNode("ReduceSum", [oneHot, _graph.AddConstant("category_axis", [1L], 1)], [OnnxAttribute.Int("keepdims", 0)], output: "one_hot");
    }

    // One dictionary serves all features of a type: value -> number in the union of vocabularies -> slot by a table with one row per feature.
    private string Slots(FeatureType type, CategoryEncoding[] categories)
    {
        var isText = type == FeatureType.String;
        string[] texts = [.. categories.SelectMany(c => c.Texts).Distinct(StringComparer.Ordinal)];
        long[] integers = [.. categories.SelectMany(c => c.Integers).Distinct()];
        var unionSize = isText ? texts.Length : integers.Length;
        var columns = categories.Select(c => c.Column).ToArray();
        var suffix = isText ? "text" : "code";
        var values = Columns(_inputs[type], Ordinals(columns), _encoding.Layout.CountOf(type));
        string numbers;
        if (unionSize == 0)
        {
            // Nothing has a slot of its own; LabelEncoder refuses an empty dictionary. Every value is "other": number 0 of a table of one entry.
            integers = [0];
            texts = [string.Empty];
            unionSize = 1;
        }

        numbers = _graph.AddNode(
            "LabelEncoder",
            [values],
            [
                isText ? OnnxAttribute.Strings("keys_strings", texts) : OnnxAttribute.Ints("keys_int64s", integers),
                OnnxAttribute.Ints("values_int64s", [.. Enumerable.Range(0, unionSize).Select(i => (long)i)]),
                OnnxAttribute.Int("default_int64", unionSize),
            ],
            OnnxGraphBuilder.MlDomain);
        if (categories.Length > 1)
        {
            long[] offsets = [.. categories.Select((_, i) => (long)i * (unionSize + 1))];
            numbers = _graph.AddNode("Add", [numbers, _graph.AddConstant($"rows_{suffix}", offsets, offsets.Length)]);
        }

        var table = isText ? Table(categories, texts, c => c.Texts) : Table(categories, integers, c => c.Integers);
        var found = _graph.AddNode("Gather", [_graph.AddConstant($"slots_{suffix}", table, table.Length), numbers]);
        long[] missing = [.. categories.Select(c => SlotOrNone(c.MissingSlot))];
        return _graph.AddNode("Where", [Present(columns), found, _graph.AddConstant($"missing_{suffix}", missing, missing.Length)]);
    }

    // Shape (features, union + 1): the slot of each value of the union, and in the last column that of any other value.
    private long[] Table<T>(CategoryEncoding[] categories, T[] union, Func<CategoryEncoding, IReadOnlyList<T>> valuesOf)
        where T : notnull
    {
        var numberOf = union.Select((value, i) => (value, i)).ToDictionary(p => p.value, p => p.i);
        var table = new long[categories.Length * (union.Length + 1)];
        for (var i = 0; i < categories.Length; i++)
        {
            var row = table.AsSpan(i * (union.Length + 1), union.Length + 1);
            row.Fill(SlotOrNone(categories[i].OtherSlot));
            var values = valuesOf(categories[i]);
            for (var v = 0; v < values.Count; v++)
            {
                row[numberOf[values[v]]] = categories[i].FirstSlot + v;
            }
        }

        return table;
    }

    // An index outside the depth of OneHot sets nothing (ONNX operator OneHot, version 11).
    private long SlotOrNone(int slot) => slot == CategoryEncoding.NoSlot ? _encoding.SlotCount : slot;

    private string Present(int[] columns) => Columns(_present!, columns, _encoding.Layout.Columns.Count);

    private int[] Ordinals(int[] columns) => [.. columns.Select(_encoding.Layout.OrdinalOf)];

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
