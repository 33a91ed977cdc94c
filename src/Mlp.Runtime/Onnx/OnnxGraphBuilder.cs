using System.Globalization;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// Writes an ONNX file: inputs, constants, nodes in the order of their execution, outputs and metadata. Field numbers are those of <c>onnx.proto</c>; the same calls give the
/// same bytes. Not thread-safe.
/// </summary>
internal sealed class OnnxGraphBuilder(string name)
{
    /// <summary>The domain of the operators for classical models.</summary>
    public const string MlDomain = "ai.onnx.ml";

    /// <summary>The dimension that a call decides.</summary>
    public const long Batch = -1;

    private const int IrVersion = 8;
    private const int Opset = 17;
    private const int MlOpset = 3;

    private readonly List<ProtobufWriter> _inputs = [];
    private readonly List<ProtobufWriter> _outputs = [];
    private readonly List<ProtobufWriter> _constants = [];
    private readonly List<ProtobufWriter> _nodes = [];
    private readonly List<KeyValuePair<string, string>> _metadata = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private bool _usesMl;

    /// <summary>Number of nodes so far.</summary>
    public int NodeCount => _nodes.Count;

    /// <summary>Declares an input.</summary>
    /// <param name="input">Its name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="dimensions">Its shape; <see cref="Batch"/> where a call decides.</param>
    /// <returns>The name.</returns>
    public string AddInput(string input, OnnxDataType type, params ReadOnlySpan<long> dimensions)
    {
        Claim(input);
        _inputs.Add(OnnxMessages.ValueInfo(input, type, dimensions));
        return input;
    }

    /// <summary>Declares a value that was made by a node as an output.</summary>
    public void AddOutput(string output, OnnxDataType type, params ReadOnlySpan<long> dimensions)
    {
        if (!_names.Contains(output))
        {
            throw new InvalidOperationException($"Expected a node that makes the output '{output}', but found none.");
        }

        _outputs.Add(OnnxMessages.ValueInfo(output, type, dimensions));
    }

    /// <summary>Adds constant numbers, row-major.</summary>
    /// <returns>The name of the value.</returns>
    public string AddConstant(string constant, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions)
        => AddConstant(constant, OnnxDataType.Float32, MemoryMarshal.AsBytes(values), values.Length, dimensions);

    /// <inheritdoc cref="AddConstant(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public string AddConstant(string constant, ReadOnlySpan<double> values, params ReadOnlySpan<long> dimensions)
        => AddConstant(constant, OnnxDataType.Float64, MemoryMarshal.AsBytes(values), values.Length, dimensions);

    /// <inheritdoc cref="AddConstant(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public string AddConstant(string constant, ReadOnlySpan<long> values, params ReadOnlySpan<long> dimensions)
        => AddConstant(constant, OnnxDataType.Int64, MemoryMarshal.AsBytes(values), values.Length, dimensions);

    /// <inheritdoc cref="AddConstant(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public string AddConstant(string constant, ReadOnlySpan<int> values, params ReadOnlySpan<long> dimensions)
        => AddConstant(constant, OnnxDataType.Int32, MemoryMarshal.AsBytes(values), values.Length, dimensions);

    /// <summary>Adds an operator with one output.</summary>
    /// <param name="operation">Its type, for example <c>Gemm</c>.</param>
    /// <param name="inputs">Names of values that exist already; an empty name leaves an optional input out.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="domain">Its domain; empty for ONNX itself.</param>
    /// <param name="output">Name of its output; made from the type when null.</param>
    /// <returns>The name of the output.</returns>
    /// <exception cref="InvalidOperationException">An input does not exist, or the output does already.</exception>
    public string AddNode(string operation, IReadOnlyList<string> inputs, IReadOnlyList<OnnxAttribute>? attributes = null, string domain = "", string? output = null)
    {
        foreach (var input in inputs)
        {
            if (input.Length > 0 && !_names.Contains(input))
            {
                throw new InvalidOperationException($"Expected the input '{input}' of {operation} to be made before, but found no such value.");
            }
        }

        var result = output ?? string.Create(CultureInfo.InvariantCulture, $"{operation}_{_nodes.Count}");
        Claim(result);
        _usesMl |= domain == MlDomain;
        _nodes.Add(OnnxMessages.Node(operation, inputs, [result], attributes, domain));
        return result;
    }

    /// <summary>Adds a pair to the file's <c>metadata_props</c>.</summary>
    public void AddMetadata(string key, string value) => _metadata.Add(new(key, value));

    /// <summary>The bytes of the file.</summary>
    public byte[] Build()
    {
        var model = new ProtobufWriter();
        model.Int64(1, IrVersion);
        model.Text(2, "mlp");
        model.Message(7, Graph());
        model.Message(8, OnnxMessages.OperatorSet(string.Empty, Opset));
        if (_usesMl)
        {
            model.Message(8, OnnxMessages.OperatorSet(MlDomain, MlOpset));
        }

        foreach (var (key, value) in _metadata)
        {
            var entry = new ProtobufWriter();
            entry.Text(1, key);
            entry.Text(2, value);
            model.Message(14, entry);
        }

        return model.Written.ToArray();
    }

    private ProtobufWriter Graph()
    {
        var graph = new ProtobufWriter();
        WriteAll(graph, 1, _nodes);
        graph.Text(2, name);
        WriteAll(graph, 5, _constants);
        WriteAll(graph, 11, _inputs);
        WriteAll(graph, 12, _outputs);
        return graph;
    }

    private static void WriteAll(ProtobufWriter graph, int field, List<ProtobufWriter> messages)
    {
        foreach (var message in messages)
        {
            graph.Message(field, message);
        }
    }

    private string AddConstant(string constant, OnnxDataType type, ReadOnlySpan<byte> raw, int count, ReadOnlySpan<long> dimensions)
    {
        long product = 1;
        foreach (var size in dimensions)
        {
            product *= size;
        }

        if (product != count)
        {
            throw new ArgumentException($"Expected {product} values for the constant '{constant}', but found {count}.", nameof(dimensions));
        }

        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Expected a little-endian processor: ONNX stores raw tensor data that way.");
        }

        Claim(constant);
        _constants.Add(OnnxMessages.Tensor(constant, type, raw, dimensions));
        return constant;
    }

    private void Claim(string value)
    {
        if (!_names.Add(value))
        {
            throw new InvalidOperationException($"Expected value names to be unique, but '{value}' occurs twice.");
        }
    }
}
