using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing;

/// <summary>A graph with the model's inputs, for blocks that write themselves into it. Not thread-safe.</summary>
internal sealed class EncodingGraph
{
    private readonly Dictionary<FeatureType, string> _inputs = [];
    private readonly string? _present;

    /// <summary>Adds the inputs.</summary>
    public EncodingGraph(FeatureRowLayout layout, OnnxGraphBuilder graph)
    {
        (Layout, Builder) = (layout, graph);
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
            _present = graph.AddNode(
                "Equal", [Cast(status, OnnxDataType.Int32), graph.AddConstant("present", [(int)FeatureStatus.Present])], output: "is_present");
        }
    }

    public FeatureRowLayout Layout { get; }

    public OnnxGraphBuilder Builder { get; }

    /// <summary>Numbers of features as double, NaN where they are not present.</summary>
    /// <param name="numbers">Feature and element of each; by type, as <see cref="FeatureType"/> orders them.</param>
    /// <returns>Name of a double value of shape (N, numbers).</returns>
    public string Numbers(IReadOnlyList<(int Column, int Element)> numbers)
    {
        var byType = numbers.GroupBy(n => Layout.Columns[n.Column].Type).ToList();
        var parts = new List<string>();
        var integers = new List<string>();
        foreach (var group in byType)
        {
            // Of floats, what is not present is NaN already.
            var values = Columns(_inputs[group.Key], [.. group.Select(n => Layout.OffsetOf(n.Column) + n.Element)], Layout.WidthOf(group.Key));
            (group.Key is FeatureType.Float32 or FeatureType.Float64 ? parts : integers).Add(group.Key == FeatureType.Float64 ? values : Cast(values, OnnxDataType.Float64));
        }

        if (integers.Count > 0)
        {
            int[] columns = [.. byType.Where(g => g.Key is FeatureType.Int64 or FeatureType.Boolean).SelectMany(g => g).Select(n => n.Column)];
            parts.Add(Builder.AddNode("Where", [Present(columns), Concat(integers, "integers"), Constant("nan", [double.NaN])]));
        }

        return Concat(parts, "numbers");
    }

    /// <summary>Values of features of one type as the model is given them.</summary>
    /// <param name="type">The type.</param>
    /// <param name="columns">The features.</param>
    public string Values(FeatureType type, int[] columns) => Columns(_inputs[type], [.. columns.Select(Layout.OffsetOf)], Layout.WidthOf(type));

    /// <summary>Whether features are present.</summary>
    /// <param name="columns">The features.</param>
    /// <returns>Name of a boolean value of shape (N, columns).</returns>
    public string Present(int[] columns) => Columns(_present!, columns, Layout.Columns.Count);

    /// <summary>Ones in the slots that rows fall into.</summary>
    /// <param name="slots">Name of an int64 value of shape (N, entries); an index at or above the count sets nothing (ONNX operator OneHot, version 11).</param>
    /// <param name="slotCount">Number of slots.</param>
    /// <returns>Name of a float value of shape (N, slots).</returns>
    public string OneHot(string slots, int slotCount)
    {
        var oneHot = Builder.AddNode("OneHot", [slots, Constant("slot_count", [(long)slotCount], 1), Constant("off_on", [0f, 1f], 2)]);
        return Builder.AddNode("ReduceSum", [oneHot, Constant("category_axis", [1L], 1)], [OnnxAttribute.Int("keepdims", 0)], output: Builder.UniqueName("one_hot"));
    }

    /// <summary>Sums of numbers by slot, in memory that does not grow with the entries: for many slots.</summary>
    /// <param name="slots">Name of an int64 value of shape (N, entries), 0 to the count, which itself counts nowhere.</param>
    /// <param name="slotCount">Number of slots.</param>
    /// <param name="values">Name of a float value of shape (N, entries); null where each is 1.</param>
    /// <returns>Name of a float value of shape (N, slots).</returns>
    public string Histogram(string slots, int slotCount, string? values = null)
    {
        var shape = Builder.AddNode("Shape", [slots]);
        var rows = Builder.AddNode("Slice", [shape, Constant("start", [0L], 1), Constant("end", [1L], 1)]);
        var width = Builder.AddNode("Concat", [rows, Constant("slots_and_none", [slotCount + 1L], 1)], [OnnxAttribute.Int("axis", 0)]);
        var zeros = Builder.AddNode("ConstantOfShape", [width], [OnnxAttribute.Tensor("value", [0f], 1)]);
        values ??= Builder.AddNode("ConstantOfShape", [shape], [OnnxAttribute.Tensor("value", [1f], 1)]);
        var sums = Builder.AddNode("ScatterElements", [zeros, slots, values], [OnnxAttribute.Int("axis", 1), OnnxAttribute.Text("reduction", "add")]);
        return Builder.AddNode("Slice", [sums, Constant("start", [0L], 1), Constant("end", [(long)slotCount], 1), Constant("axis", [1L], 1)]);
    }

    /// <summary>Chosen columns of a value.</summary>
    /// <param name="value">Name of a value of shape (N, width).</param>
    /// <param name="wanted">Their indexes.</param>
    /// <param name="width">The width.</param>
    public string Columns(string value, int[] wanted, int width)
    {
        if (wanted.SequenceEqual(Enumerable.Range(0, width)))
        {
            return value;
        }

        var indexes = Constant(string.Create(CultureInfo.InvariantCulture, $"columns_{Builder.NodeCount}"), [.. wanted.Select(i => (long)i)], wanted.Length);
        return Builder.AddNode("Gather", [value, indexes], [OnnxAttribute.Int("axis", 1)]);
    }

    public string Cast(string value, OnnxDataType type) => Builder.AddNode("Cast", [value], [OnnxAttribute.Int("to", (int)type)]);

    /// <summary>Values side by side; one is returned as it is.</summary>
    /// <param name="parts">Names of values of shape (N, some), at least one.</param>
    /// <param name="name">How the name of the result begins.</param>
    public string Concat(List<string> parts, string name)
        => parts.Count == 1 ? parts[0] : Builder.AddNode("Concat", parts, [OnnxAttribute.Int("axis", 1)], output: Builder.UniqueName(name));

    /// <summary>A constant.</summary>
    /// <param name="name">How its name begins.</param>
    /// <param name="values">Its values.</param>
    /// <param name="dimensions">Its shape; none for a scalar.</param>
    public string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions) => Builder.AddConstant(Builder.UniqueName(name), values, dimensions);

    /// <inheritdoc cref="Constant(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public string Constant(string name, ReadOnlySpan<double> values, params ReadOnlySpan<long> dimensions) => Builder.AddConstant(Builder.UniqueName(name), values, dimensions);

    /// <inheritdoc cref="Constant(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public string Constant(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> dimensions) => Builder.AddConstant(Builder.UniqueName(name), values, dimensions);

    private static OnnxDataType ElementType(FeatureType type) => type switch
    {
        FeatureType.Float32 => OnnxDataType.Float32,
        FeatureType.Float64 => OnnxDataType.Float64,
        FeatureType.Int64 => OnnxDataType.Int64,
        FeatureType.Boolean => OnnxDataType.Boolean,
        _ => OnnxDataType.String,
    };
}
