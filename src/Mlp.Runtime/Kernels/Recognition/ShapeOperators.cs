using Mlp.Runtime.Kernels.Steps;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>Operators that move or convert numbers, and keep one row per row.</summary>
internal static class ShapeOperators
{
    public static KernelValue Identity(GraphRecogniser graph, OnnxNodeEditor node, string output)
        => output == node.Outputs[0] ? graph.Resolve(node.Inputs[0]) : throw Operators.Uncovered(node, "its second output");

    public static KernelValue Cast(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        KernelElement element = (OnnxDataType)(node.Attribute("to")?.Int ?? 0) switch
        {
            OnnxDataType.Float32 => KernelElement.Float32,
            OnnxDataType.Float64 => KernelElement.Float64,
            OnnxDataType.Int64 or OnnxDataType.Int32 when source.Element is KernelElement.Int64 or KernelElement.Status or KernelElement.Boolean => KernelElement.Int64,
            var other => throw Operators.Uncovered(node, $"{source.Element} to {other}"),
        };
        if (element == source.Element)
        {
            return source;
        }

        var result = graph.AddValue(element, source.Width, source.Rank, source.Origins);
        graph.AddStep((source.Element, element) switch
        {
            (KernelElement.Float32, KernelElement.Float64) => new CastStep<float, double>(source, result),
            (KernelElement.Float64, KernelElement.Float32) => new CastStep<double, float>(source, result),
            (KernelElement.Int64, KernelElement.Float32) => new CastStep<long, float>(source, result),
            (KernelElement.Int64, KernelElement.Float64) => new CastStep<long, double>(source, result),
            (_, KernelElement.Float32) => new CastStep<byte, float>(source, result),
            (_, KernelElement.Float64) => new CastStep<byte, double>(source, result),
            _ => new CastStep<byte, long>(source, result),
        });
        return result;
    }

    public static KernelValue Reshape(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        var shape = Operators.Input(node, 1) is { } name ? graph.Constants.Integers(name) : [.. node.Attribute("shape")?.Ints ?? []];
        return shape switch
        {
            [-1 or 0, var width] when width == source.Width => WithRank(source, 2),
            [-1] when source.Width == 1 => WithRank(source, 1),
            [0, -1] when source.Rank == 2 => source,
            _ => throw Operators.Uncovered(node, "another shape"),
        };
    }

    public static KernelValue Flatten(GraphRecogniser graph, OnnxNodeEditor node, string output)
        => (node.Attribute("axis")?.Int ?? 1) == 1 ? WithRank(graph.Resolve(node.Inputs[0]), 2) : throw Operators.Uncovered(node, "another axis");

    public static KernelValue Squeeze(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        return Axes(graph, node) is [1 or -1] && source is { Width: 1, Rank: 2 } ? WithRank(source, 1) : throw Operators.Uncovered(node, "another axis");
    }

    public static KernelValue Unsqueeze(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        return Axes(graph, node) is [1 or -1] && source.Rank == 1 ? WithRank(source, 2) : throw Operators.Uncovered(node, "another axis");
    }

    public static KernelValue Concat(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var sources = node.Inputs.Select(graph.Resolve).ToList();
        if ((node.Attribute("axis")?.Int ?? 1) is not (1 or -1) || sources.Exists(s => s.Rank != 2 || s.Element != sources[0].Element))
        {
            throw Operators.Uncovered(node, "other than columns of one type side by side");
        }

        return sources.Count == 1 ? sources[0] : Join(graph, [.. sources.SelectMany(s => Enumerable.Range(0, s.Width).Select(c => (s, c)))]);
    }

    public static KernelValue Gather(GraphRecogniser graph, OnnxNodeEditor node, string output)
        => (node.Attribute("axis")?.Int ?? 0) is 1 or -1 && graph.Constants.DimensionsOf(node.Inputs[1]).Count == 1
            ? Select(graph, node)
            : throw Operators.Uncovered(node, "other than columns");

    public static KernelValue Extract(GraphRecogniser graph, OnnxNodeEditor node, string output) => Select(graph, node);

    private static KernelValue Select(GraphRecogniser graph, OnnxNodeEditor node)
    {
        var source = graph.Resolve(node.Inputs[0]);
        var columns = Array.ConvertAll(graph.Constants.Integers(node.Inputs[1]), c => (int)(c < 0 ? c + source.Width : c));
        return source.Rank == 2 && columns.Length > 0 && Array.TrueForAll(columns, c => c >= 0 && c < source.Width)
            ? Join(graph, [.. columns.Select(c => (source, c))])
            : throw Operators.Uncovered(node, "other than columns");
    }

    private static KernelValue Join(GraphRecogniser graph, IReadOnlyList<(KernelValue Source, int Column)> columns)
    {
        ColumnOrigin[] origins = [.. columns.Select(c => c.Source.Origins?[c.Column] ?? ColumnOrigin.None)];
        var result = graph.AddValue(columns[0].Source.Element, columns.Count, 2, origins);
        graph.AddStep(result.Element switch
        {
            KernelElement.Float32 => Step<float>(columns, result),
            KernelElement.Float64 => Step<double>(columns, result),
            KernelElement.Int64 => Step<long>(columns, result),
            _ => Step<byte>(columns, result),
        });
        return result;
    }

    private static ColumnsStep<T> Step<T>(IReadOnlyList<(KernelValue Source, int Column)> columns, KernelValue result)
        where T : unmanaged
    {
        var parts = new List<ColumnsStep<T>.Part>();
        for (var i = 0; i < columns.Count; i++)
        {
            var (source, column) = columns[i];
            if (parts is [.., var last] && ReferenceEquals(last.Source, source) && last.First + last.Count == column)
            {
                parts[^1] = last with { Count = last.Count + 1 };
            }
            else
            {
                parts.Add(new ColumnsStep<T>.Part(source, column, 1, i));
            }
        }

        return new ColumnsStep<T>(parts, result);
    }

    private static IReadOnlyList<long> Axes(GraphRecogniser graph, OnnxNodeEditor node)
        => Operators.Input(node, 1) is { } name ? graph.Constants.Integers(name) : node.Attribute("axes")?.Ints ?? [];

    // The same numbers: only what the graph calls their shape is another.
    private static KernelValue WithRank(KernelValue source, int rank) => source with { Rank = rank };
}
