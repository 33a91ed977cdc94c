using System.Runtime.InteropServices;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>The constant tensors of a graph: its weights and what nodes of type Constant make.</summary>
internal sealed class GraphConstants
{
    private readonly Dictionary<string, OnnxInitializer> _tensors = new(StringComparer.Ordinal);

    /// <summary>Finds them.</summary>
    /// <param name="graph">The graph.</param>
    public GraphConstants(OnnxGraphEditor graph)
    {
        foreach (var initializer in graph.Initializers)
        {
            _tensors[initializer.Name] = initializer;
        }

        foreach (var node in graph.Nodes.Where(n => n is { OperatorType: "Constant", Domain: "" }))
        {
            if (node.Attribute("value")?.Tensor is { } tensor)
            {
                _tensors[node.Outputs[0]] = tensor;
            }
        }
    }

    /// <summary>Whether a value is constant.</summary>
    /// <param name="value">Name of the value.</param>
    public bool Contains(string value) => _tensors.ContainsKey(value);

    /// <summary>The shape of a constant.</summary>
    /// <param name="value">Name of the value.</param>
    public IReadOnlyList<long> DimensionsOf(string value) => Find(value).Dimensions;

    /// <summary>The numbers of a constant of float32 or float64.</summary>
    /// <param name="value">Name of the value.</param>
    public double[] Numbers(string value) => Numbers(Find(value));

    /// <summary>The numbers of a tensor of float32 or float64.</summary>
    /// <param name="tensor">The tensor.</param>
    public static double[] Numbers(OnnxInitializer tensor)
    {
        RequireWithin(tensor);
        return tensor.DataType switch
        {
            OnnxDataType.Float32 => Array.ConvertAll(tensor.ReadFloats(), v => (double)v),
            OnnxDataType.Float64 => tensor.ReadDoubles(),
            var other => throw new UncoveredGraphException($"weights of float32 or float64, but found '{tensor.Name}' of {other}"),
        };
    }

    /// <summary>The integers of a constant.</summary>
    /// <param name="value">Name of the value.</param>
    public long[] Integers(string value) => Integers(Find(value));

    /// <summary>The integers of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    public static long[] Integers(OnnxInitializer tensor)
    {
        RequireWithin(tensor);
        return tensor.DataType switch
        {
            OnnxDataType.Int64 => tensor.ReadInt64s(),
            OnnxDataType.Int32 => tensor.Raw.IsEmpty ? tensor.ReadSmallIntegers() : Array.ConvertAll(MemoryMarshal.Cast<byte, int>(tensor.Raw.Span).ToArray(), v => (long)v),
            OnnxDataType.UInt8 or OnnxDataType.Boolean => tensor.Raw.IsEmpty ? tensor.ReadSmallIntegers() : Array.ConvertAll(tensor.Raw.ToArray(), v => (long)v),
            var other => throw new UncoveredGraphException($"constants of an integer type, but found '{tensor.Name}' of {other}"),
        };
    }

    private OnnxInitializer Find(string value)
        => _tensors.TryGetValue(value, out var tensor) ? tensor : throw new UncoveredGraphException($"'{value}' to be constant");

    private static void RequireWithin(OnnxInitializer tensor)
    {
        if (tensor.IsExternal)
        {
            throw new UncoveredGraphException($"weights within the file, but found '{tensor.Name}' in another one");
        }
    }
}
