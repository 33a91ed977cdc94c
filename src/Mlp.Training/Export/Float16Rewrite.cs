using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Export;

/// <summary>
/// Lets the layers of a written network compute in float16: their weights are stored so, and values are brought to it where they enter the first layer that takes it, and back where something
/// reads them that does not. Nodes behind the last layer with weights stay as they are: they make probabilities, or numbers in the label's unit, which float16 would round or overflow. Not thread-safe.
/// </summary>
internal sealed class Float16Rewrite
{
    private const string Domain = "";

    /// <summary>Operators that hold most of a network's weights: the last one is the last layer.</summary>
    private static readonly FrozenSet<string> Layers = FrozenSet.Create(StringComparer.Ordinal, "Gemm", "MatMul", "Conv", "LSTM", "GRU", "RNN");

    // For an operator that has no float16 form: none of its inputs may become float16.
    private static readonly Func<int, bool> WithoutNarrow = static _ => false;

    private static readonly string[] TypedThroughout =
    [
        "Gemm", "MatMul", "Conv", "ConvTranspose", "Add", "Sub", "Mul", "Div", "Max", "Min", "Abs", "Neg", "Sqrt", "Exp", "Log", "Erf", "Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Gelu", "Tanh",
        "Sigmoid", "Softplus", "Softsign", "HardSigmoid", "HardSwish", "Clip", "Softmax", "LogSoftmax", "BatchNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization",
        "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Identity", "Transpose", "Flatten", "Concat",
    ];

    private static readonly string[] TypedFirst = ["Reshape", "Gather", "Slice", "Split", "Squeeze", "Unsqueeze", "Expand", "ReduceMean", "ReduceSum", "ReduceMax"];

    // Which inputs of an operator have the type of its output; the others are shapes, positions, lengths and conditions. ONNX knows CELU in float32 alone.
    private static readonly FrozenDictionary<string, Func<int, bool>> Operators = Enumerable.Empty<(string, Func<int, bool>)>()
        .Concat(TypedThroughout.Select(name => (name, (Func<int, bool>)All)))
        .Concat(TypedFirst.Select(name => (name, (Func<int, bool>)OnlyFirst)))
        .Concat([("LSTM", ButLengths), ("GRU", ButLengths), ("RNN", ButLengths), ("Where", ButFirst), ("Celu", WithoutNarrow)])
        .ToFrozenDictionary(o => o.Item1, o => o.Item2, StringComparer.Ordinal);

    private readonly OnnxGraphEditor _graph;
    private readonly Dictionary<string, OnnxInitializer> _weights;

    // Values that are float32 in the file as it was written.
    private readonly HashSet<string> _floats;

    // The float16 twin of a value, and which values have a twin alone.
    private readonly Dictionary<string, string> _narrow = new(StringComparer.Ordinal);
    private readonly HashSet<string> _narrowOnly = new(StringComparer.Ordinal);

    private Float16Rewrite(OnnxGraphEditor graph, GraphRange range)
    {
        _graph = graph;
        _weights = graph.Initializers.Where(i => i.DataType == OnnxDataType.Float32).ToDictionary(i => i.Name, StringComparer.Ordinal);
        _floats = [.. _weights.Keys, .. range.Dense is null ? [] : (string[])[range.Dense]];
    }

    /// <summary>Rewrites a file.</summary>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="range">Its model.</param>
    /// <returns>The new file; null where the model has no layer that computes in float16.</returns>
    public static byte[]? Apply(ReadOnlyMemory<byte> onnx, GraphRange range)
    {
        var editor = OnnxModelEditor.Open("exported", onnx);
        OnnxNodeEditor[] nodes = [.. editor.Graph.Nodes.Take(range.First..range.End)];
        var last = Array.FindLastIndex(nodes, n => n.Domain == Domain && Layers.Contains(n.OperatorType));
        if (last < 0)
        {
            return null;
        }

        new Float16Rewrite(editor.Graph, range).Run(nodes[..(last + 1)]);
        return editor.ToArray();
    }

    private static bool All(int input) => true;

    private static bool OnlyFirst(int input) => input == 0;

    private static bool ButFirst(int input) => input > 0;

    private static bool ButLengths(int input) => input != 4;

    private void Run(IReadOnlyList<OnnxNodeEditor> nodes)
    {
        foreach (var node in nodes)
        {
            var isNarrow = IsNarrow(node);
            if (isNarrow)
            {
                Narrow(node);
            }
            else
            {
                WidenInputs(node);
            }
        }

        // What stands behind the last layer, and the outputs, read float32.
        foreach (var node in _graph.Nodes.Where(n => !nodes.Contains(n)).ToArray())
        {
            WidenInputs(node);
        }

        foreach (var output in _graph.Outputs.Where(o => _narrowOnly.Contains(o.Name)))
        {
            Widen(output.Name, before: null);
        }

        foreach (var weight in _narrow.Keys.Where(name => _weights.ContainsKey(name) && !_graph.Reads(name)).ToArray())
        {
            _graph.RemoveInitializer(weight);
        }
    }

    private bool IsNarrow(OnnxNodeEditor node)
    {
        if (node.OperatorType == "Cast" && node.Attribute("to")?.Int == (int)OnnxDataType.Float32)
        {
            _floats.UnionWith(node.Outputs);
            return false;
        }

        if (node.Domain != Domain || !Operators.TryGetValue(node.OperatorType, out var isTyped))
        {
            return false;
        }

        string[] typed = [.. node.Inputs.Where((name, i) => name.Length > 0 && (isTyped(i) || (isTyped == WithoutNarrow && i == 0)))];
        if (typed.Any(_floats.Contains))
        {
            // One is float32, so all are, and the outputs too.
            _floats.UnionWith(node.Outputs.Where(o => o.Length > 0));
        }

        return isTyped != WithoutNarrow && typed.Length > 0 && typed.All(_floats.Contains);
    }

    private void Narrow(OnnxNodeEditor node)
    {
        var isTyped = Operators[node.OperatorType];
        node.SetInputs([.. node.Inputs.Select((name, i) => name.Length > 0 && isTyped(i) ? NarrowOf(name, node) : name)]);
        node.SetOutputs([.. node.Outputs.Select(name =>
        {
            if (name.Length == 0)
            {
                return name;
            }

            _narrowOnly.Add(name);
            return _narrow[name] = _graph.UniqueName(name + "_float16");
        })]);

        // A node goes by the name of what it makes, and that becomes the name of the node that makes it float32 again.
        node.Rename(node.Outputs.First(o => o.Length > 0));
    }

    private string NarrowOf(string value, OnnxNodeEditor reader)
    {
        if (_narrow.TryGetValue(value, out var known))
        {
            return known;
        }

        var name = _graph.UniqueName(value + "_float16");
        _narrow.Add(value, name);
        if (_weights.TryGetValue(value, out var weight))
        {
            var halves = Array.ConvertAll(weight.ReadFloats(), v => (Half)v);
            _graph.AddInitializer(OnnxMessages.Tensor(name, OnnxDataType.Float16, MemoryMarshal.AsBytes<Half>(halves), [.. weight.Dimensions]));
        }
        else
        {
            _graph.AddNode(Cast(value, name, OnnxDataType.Float16), reader);
        }

        return name;
    }

    private void WidenInputs(OnnxNodeEditor node)
    {
        foreach (var value in _narrowOnly.Where(v => node.Inputs.Contains(v) || node.Subgraphs.Any(g => g.Reads(v))).ToArray())
        {
            Widen(value, node);
        }
    }

    // The value gets its own name back, so that who reads it need not be told.
    private void Widen(string value, OnnxNodeEditor? before)
    {
        _narrowOnly.Remove(value);
        _graph.AddNode(Cast(_narrow[value], value, OnnxDataType.Float32), before);
    }

    private static ProtobufWriter Cast(string value, string output, OnnxDataType type) => OnnxMessages.Node("Cast", [value], [output], [OnnxAttribute.Int("to", (int)type)]);
}
