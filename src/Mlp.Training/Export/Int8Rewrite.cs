using System.Runtime.InteropServices;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Export;

/// <summary>
/// Lets the dense layers of a written network multiply integers. The weights of each output w become q = round(w / s) + 128 with s = max |w| / 127; each row of inputs is rounded in the same way as it
/// comes, with a scale of its own. <c>DynamicQuantizeLinear</c> has one scale for the whole batch, so that a row's score would depend on its neighbours; and bytes without sign on both sides keep
/// every processor from saturating sums, so that all give the same bits. Not thread-safe.
/// </summary>
internal sealed class Int8Rewrite
{
    private const int Levels = 127;
    private const byte Zero = 128;

    // Sums of so many products stay within 32 bits.
    private const int GreatestInputCount = 65_536;
    private const int ReduceMaxWithAxesAsInput = 18;

    private readonly OnnxGraphEditor _graph;
    private readonly bool _hasAxesAsInput;
    private readonly Dictionary<string, OnnxInitializer> _weights;
    private readonly Dictionary<(string Name, bool IsTurned), (string Bytes, string Scale)> _quantised = [];
    private readonly Dictionary<string, (string Bytes, string Scale)> _inputs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _constants = new(StringComparer.Ordinal);

    private Int8Rewrite(OnnxModelEditor editor)
    {
        _graph = editor.Graph;
        _hasAxesAsInput = editor.OperatorSet(string.Empty) >= ReduceMaxWithAxesAsInput;
        _weights = _graph.Initializers.Where(i => i.DataType == OnnxDataType.Float32).ToDictionary(i => i.Name, StringComparer.Ordinal);
    }

    /// <summary>Rewrites a file.</summary>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="range">Its model.</param>
    /// <returns>The new file; null where the model has no dense layer.</returns>
    public static byte[]? Apply(ReadOnlyMemory<byte> onnx, GraphRange range)
    {
        var editor = OnnxModelEditor.Open("exported", onnx);
        var rewrite = new Int8Rewrite(editor);
        OnnxNodeEditor[] dense = [.. editor.Graph.Nodes.Take(range.First..range.End).Where(rewrite.IsDense)];
        foreach (var node in dense)
        {
            rewrite.Replace(node);
        }

        foreach (var weight in rewrite._quantised.Keys.Select(k => k.Name).Where(name => !editor.Graph.Reads(name)))
        {
            editor.Graph.RemoveInitializer(weight);
        }

        return dense.Length == 0 ? null : editor.ToArray();
    }

    // x · W or x · Wᵀ (+ b) with constant weights, as layers are written.
    private bool IsDense(OnnxNodeEditor node)
    {
        if (node.Domain.Length > 0 || node.OperatorType is not ("MatMul" or "Gemm") || !_weights.TryGetValue(node.Inputs[1], out var weight) || weight.Dimensions.Count != 2)
        {
            return false;
        }

        var isPlain = node.OperatorType == "MatMul" || ((node.Attribute("alpha")?.Float ?? 1) == 1 && (node.Attribute("beta")?.Float ?? 1) == 1 && (node.Attribute("transA")?.Int ?? 0) == 0);
        return isPlain && weight.Dimensions[IsTurned(node) ? 1 : 0] <= GreatestInputCount;
    }

    private static bool IsTurned(OnnxNodeEditor node) => node.OperatorType == "Gemm" && node.Attribute("transB")?.Int == 1;

    private void Replace(OnnxNodeEditor node)
    {
        var (x, scale) = InputOf(node.Inputs[0], node);
        var (weight, weightScale) = WeightOf(node.Inputs[1], IsTurned(node));
        var zero = Constant("int8_zero", OnnxDataType.UInt8, [Zero]);
        var product = Add(node, "MatMulInteger", [x, weight, zero, zero]);
        var sum = Add(node, "Mul", [Add(node, "Mul", [Cast(node, product, OnnxDataType.Float32), scale]), weightScale]);
        var bias = node.Inputs.Count > 2 && node.Inputs[2].Length > 0 ? node.Inputs[2] : null;
        _graph.AddNode(OnnxMessages.Node(bias is null ? "Identity" : "Add", bias is null ? [sum] : [sum, bias], [node.Outputs[0]]), node);
        _graph.RemoveNode(node);
    }

    // Several layers may read one value, and then share its bytes.
    private (string Bytes, string Scale) InputOf(string x, OnnxNodeEditor node)
    {
        if (_inputs.TryGetValue(x, out var known))
        {
            return known;
        }

        var greatest = Add(
            node,
            "ReduceMax",
            _hasAxesAsInput ? [Add(node, "Abs", [x]), Constant("int8_axis", OnnxDataType.Int64, BitConverter.GetBytes(-1L), 1)] : [Add(node, "Abs", [x])],
            _hasAxesAsInput ? [OnnxAttribute.Int("keepdims", 1)] : [OnnxAttribute.Ints("axes", [-1]), OnnxAttribute.Int("keepdims", 1)]);

        // A row of zeros has no scale: any will do.
        var scale = Add(node, "Max", [Add(node, "Div", [greatest, Float("int8_levels", Levels)]), Float("int8_least_scale", 1e-30f)]);
        var level = Add(node, "Add", [Add(node, "Round", [Add(node, "Div", [x, scale])]), Float("int8_offset", Zero)]);
        return _inputs[x] = (Cast(node, level, OnnxDataType.UInt8), scale);
    }

    private (string Bytes, string Scale) WeightOf(string name, bool isTurned)
    {
        if (_quantised.TryGetValue((name, isTurned), out var known))
        {
            return known;
        }

        var weight = _weights[name];
        var values = weight.ReadFloats();
        var (inputs, outputs) = isTurned ? ((int)weight.Dimensions[1], (int)weight.Dimensions[0]) : ((int)weight.Dimensions[0], (int)weight.Dimensions[1]);
        var (bytes, scales) = (new byte[values.Length], new float[outputs]);
        for (var output = 0; output < outputs; output++)
        {
            for (var i = 0; i < inputs; i++)
            {
                scales[output] = Math.Max(scales[output], Math.Abs(values[IndexOf(i, output)]) / Levels);
            }

            for (var i = 0; i < inputs; i++)
            {
                var level = scales[output] > 0 ? MathF.Round(values[IndexOf(i, output)] / scales[output]) : 0;
                bytes[(i * outputs) + output] = (byte)(Zero + level);
            }
        }

        var stored = (Bytes: _graph.UniqueName(name + "_int8"), Scale: _graph.UniqueName(name + "_scale"));
        _graph.AddInitializer(OnnxMessages.Tensor(stored.Bytes, OnnxDataType.UInt8, bytes, [inputs, outputs]));
        _graph.AddInitializer(OnnxMessages.Tensor(stored.Scale, OnnxDataType.Float32, MemoryMarshal.AsBytes<float>(scales), [outputs]));
        return _quantised[(name, isTurned)] = stored;

        int IndexOf(int input, int output) => isTurned ? (output * inputs) + input : (input * outputs) + output;
    }

    private string Float(string name, float value) => Constant(name, OnnxDataType.Float32, BitConverter.GetBytes(value));

    private string Constant(string name, OnnxDataType type, byte[] value, params ReadOnlySpan<long> dimensions)
    {
        if (!_constants.TryGetValue(name, out var constant))
        {
            _constants[name] = constant = _graph.UniqueName(name);
            _graph.AddInitializer(OnnxMessages.Tensor(constant, type, value, dimensions));
        }

        return constant;
    }

    private string Cast(OnnxNodeEditor before, string value, OnnxDataType type) => Add(before, "Cast", [value], [OnnxAttribute.Int("to", (int)type)]);

    private string Add(OnnxNodeEditor before, string operation, IReadOnlyList<string> inputs, IReadOnlyList<OnnxAttribute>? attributes = null)
    {
        var output = _graph.UniqueName("int8_" + operation);
        _graph.AddNode(OnnxMessages.Node(operation, inputs, [output], attributes), before);
        return output;
    }
}
