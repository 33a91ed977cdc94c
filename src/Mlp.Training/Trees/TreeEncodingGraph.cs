using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Trees;

/// <summary>
/// Writes a <see cref="TreeEncoding"/> as ONNX nodes over at most one input per element type and one with statuses: numbers as they are, NaN where they are not present, and texts and
/// codes as the numbers of their values.
/// </summary>
internal sealed class TreeEncodingGraph
{
    private readonly TreeEncoding _encoding;
    private readonly OnnxGraphBuilder _graph;
    private readonly OnnxDataType _type;
    private readonly Dictionary<FeatureType, string> _inputs = [];
    private readonly string? _present;

    private TreeEncodingGraph(TreeEncoding encoding, OnnxGraphBuilder graph, bool isWide)
    {
        (_encoding, _graph, _type) = (encoding, graph, isWide ? OnnxDataType.Float64 : OnnxDataType.Float32);
        var layout = encoding.Layout;
        foreach (var type in Enum.GetValues<FeatureType>())
        {
            if (layout.WidthOf(type) > 0)
            {
                _inputs.Add(type, graph.AddInput(FeatureBinding.BlockName(type), ElementType(type), OnnxGraphBuilder.Batch, layout.WidthOf(type)));
            }
        }

        if (FeatureEncodingGraph.NeedsStatus(layout))
        {
            var status = graph.AddInput(FeatureBinding.StatusInput, OnnxDataType.UInt8, OnnxGraphBuilder.Batch, layout.Columns.Count);
            var wide = graph.AddNode("Cast", [status], [OnnxAttribute.Int("to", (int)OnnxDataType.Int32)]);
            _present = graph.AddNode("Equal", [wide, graph.AddConstant("present", (ReadOnlySpan<int>)[(int)FeatureStatus.Present])], output: "is_present");
        }
    }

    /// <summary>Adds the inputs and the columns.</summary>
    /// <param name="encoding">The rule.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="isWide">Whether columns are float64; else float32.</param>
    /// <returns>Name of a value of shape (N, columns).</returns>
    public static string Write(TreeEncoding encoding, OnnxGraphBuilder graph, bool isWide)
    {
        var writer = new TreeEncodingGraph(encoding, graph, isWide);
        var parts = new List<string>();
        foreach (var type in (FeatureType[])[FeatureType.Float32, FeatureType.Float64])
        {
            if (writer._inputs.TryGetValue(type, out var block))
            {
                parts.Add(writer.Cast(block, type == FeatureType.Float32 ? OnnxDataType.Float32 : OnnxDataType.Float64));
            }
        }

        var others = new List<(string Value, int[] Columns)>();
        foreach (var type in (FeatureType[])[FeatureType.Int64, FeatureType.Boolean])
        {
            if (writer.ColumnsOf(type, isCategory: false) is { Length: > 0 } columns)
            {
                others.Add((writer.Cast(writer.Columns(type, columns), null), columns));
            }
        }

        if (writer.ColumnsOf(FeatureType.String, isCategory: true) is { Length: > 0 } texts)
        {
            others.Add((writer.Look(FeatureType.String, texts, OnnxAttribute.Strings("keys_strings", encoding.Texts), encoding.Texts.Count), texts));
        }

        if (writer.ColumnsOf(FeatureType.Int64, isCategory: true) is { Length: > 0 } codes)
        {
            others.Add((writer.Look(FeatureType.Int64, codes, OnnxAttribute.Ints("keys_int64s", encoding.Integers), encoding.Integers.Count), codes));
        }

        if (others.Count > 0)
        {
            parts.Add(writer.WherePresent(others));
        }

        return writer.Concat(parts, "columns");
    }

    private static OnnxDataType ElementType(FeatureType type) => type switch
    {
        FeatureType.Float32 => OnnxDataType.Float32,
        FeatureType.Float64 => OnnxDataType.Float64,
        FeatureType.Int64 => OnnxDataType.Int64,
        FeatureType.Boolean => OnnxDataType.Boolean,
        _ => OnnxDataType.String,
    };

    private int[] ColumnsOf(FeatureType type, bool isCategory) => [.. _encoding.Columns.Where(c => c.Feature.Type == type && c.IsCategory == isCategory).Select(c => c.Index)];

    private string WherePresent(List<(string Value, int[] Columns)> others)
    {
        var values = Concat(others.ConvertAll(o => o.Value), "values");
        var present = Select(_present!, [.. others.SelectMany(o => o.Columns)], _encoding.Layout.Columns.Count);
        var nan = _type == OnnxDataType.Float64
            ? _graph.AddConstant("not_present", (ReadOnlySpan<double>)[double.NaN])
            : _graph.AddConstant("not_present", (ReadOnlySpan<float>)[float.NaN]);
        return _graph.AddNode("Where", [present, values, nan]);
    }

    // Whatever is not in the list is NaN, as a value that is not present.
    private string Look(FeatureType type, int[] columns, OnnxAttribute keys, int count)
    {
        var codes = _graph.AddNode(
            "LabelEncoder",
            [Columns(type, columns)],
            [keys, OnnxAttribute.Floats("values_floats", [.. Enumerable.Range(0, count).Select(i => (float)i)]), OnnxAttribute.Float("default_float", float.NaN)],
            OnnxGraphBuilder.MlDomain);
        return Cast(codes, OnnxDataType.Float32);
    }

    private string Columns(FeatureType type, int[] columns) => Select(_inputs[type], [.. columns.Select(_encoding.Layout.OffsetOf)], _encoding.Layout.WidthOf(type));

    private string Select(string value, int[] wanted, int width)
    {
        if (wanted.SequenceEqual(Enumerable.Range(0, width)))
        {
            return value;
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"columns_{_graph.NodeCount}");
        return _graph.AddNode("Gather", [value, _graph.AddConstant(name, [.. wanted.Select(i => (long)i)], wanted.Length)], [OnnxAttribute.Int("axis", 1)]);
    }

    private string Cast(string value, OnnxDataType? from) => from == _type ? value : _graph.AddNode("Cast", [value], [OnnxAttribute.Int("to", (int)_type)]);

    private string Concat(List<string> parts, string name) => parts is [var only] ? only : _graph.AddNode("Concat", parts, [OnnxAttribute.Int("axis", 1)], output: name);
}
