using System.Globalization;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// Writes an ONNX file: inputs, constants, nodes in the order of their execution, outputs and metadata. Field numbers are those of <c>onnx.proto</c>; the same calls give the
/// same bytes. Not thread-safe.
/// </summary>
public sealed class OnnxGraphBuilder
{
    /// <summary>The domain of the operators for classical models.</summary>
    public const string MlDomain = "ai.onnx.ml";

    /// <summary>The domain of the operators that ONNX Runtime adds to ONNX; a file with one of them runs nowhere else.</summary>
    public const string RuntimeDomain = "com.microsoft";

    /// <summary>The dimension that a call decides.</summary>
    public const long Batch = -1;

    /// <summary>The operator set that files have unless another is asked for: the widest read one with LayerNormalization.</summary>
    public const int DefaultOpset = 17;

    /// <summary>The version of <see cref="MlDomain"/> that files have unless another is asked for.</summary>
    public const int DefaultMlOpset = 3;

    private readonly string _name;
    private readonly List<ProtobufWriter> _inputs = [];
    private readonly List<ProtobufWriter> _outputs = [];
    private readonly List<ProtobufWriter> _constants = [];
    private readonly List<ProtobufWriter> _nodes = [];
    private readonly List<KeyValuePair<string, string>> _metadata = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private bool _usesMl;
    private bool _usesRuntime;

    /// <summary>Starts an empty graph.</summary>
    /// <param name="name">Name of the graph in the file.</param>
    /// <param name="opset">Version of ONNX's own operators, 13 to 23.</param>
    /// <param name="mlOpset">Version of <see cref="MlDomain"/>, 3 to 5; written only where a node is of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A version is outside its range.</exception>
    public OnnxGraphBuilder(string name, int opset = DefaultOpset, int mlOpset = DefaultMlOpset)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (opset is < 13 or > 23)
        {
            throw new ArgumentOutOfRangeException(nameof(opset), opset, "Expected an operator set of 13 to 23.");
        }

        if (mlOpset is < 3 or > 5)
        {
            throw new ArgumentOutOfRangeException(nameof(mlOpset), mlOpset, "Expected a version of ai.onnx.ml of 3 to 5.");
        }

        (_name, Opset, MlOpset) = (name, opset, mlOpset);
    }

    /// <summary>Version of ONNX's own operators.</summary>
    public int Opset { get; }

    /// <summary>Version of <see cref="MlDomain"/>.</summary>
    public int MlOpset { get; }

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
    /// <param name="output">Its name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="dimensions">Its shape; <see cref="Batch"/> where a call decides.</param>
    /// <exception cref="InvalidOperationException">No node makes it.</exception>
    public void AddOutput(string output, OnnxDataType type, params ReadOnlySpan<long> dimensions)
    {
        if (!_names.Contains(output))
        {
            throw new InvalidOperationException($"Expected a node that makes the output '{output}', but found none.");
        }

        _outputs.Add(OnnxMessages.ValueInfo(output, type, dimensions));
    }

    /// <summary>Adds constant numbers.</summary>
    /// <param name="constant">Name of the value.</param>
    /// <param name="values">Its values, row-major.</param>
    /// <param name="dimensions">Its shape; none for a scalar.</param>
    /// <returns>The name of the value.</returns>
    /// <exception cref="ArgumentException">The number of values is not that of the shape.</exception>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
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

    /// <inheritdoc cref="AddConstant(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public string AddConstant(string constant, ReadOnlySpan<bool> values, params ReadOnlySpan<long> dimensions)
        => AddConstant(constant, OnnxDataType.Boolean, MemoryMarshal.AsBytes(values), values.Length, dimensions);

    /// <inheritdoc cref="AddConstant(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    /// <summary>Adds constant texts.</summary>
    public string AddConstant(string constant, ReadOnlySpan<string> values, params ReadOnlySpan<long> dimensions)
    {
        Claim(constant);
        _constants.Add(OnnxMessages.TextTensor(constant, values, dimensions));
        return constant;
    }

    /// <summary>Adds a constant of any element type but text from its bytes.</summary>
    /// <param name="constant">Name of the value.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="raw">Its values, row-major, little-endian.</param>
    /// <param name="dimensions">Its shape; none for a scalar.</param>
    /// <returns>The name of the value.</returns>
    /// <exception cref="ArgumentException">The bytes are not those of the shape, or the type is text.</exception>
    public string AddRawConstant(string constant, OnnxDataType type, ReadOnlySpan<byte> raw, params ReadOnlySpan<long> dimensions)
    {
        var size = type switch
        {
            OnnxDataType.UInt8 or OnnxDataType.Int8 or OnnxDataType.Boolean => 1,
            OnnxDataType.Float16 or OnnxDataType.BFloat16 => 2,
            OnnxDataType.Float32 or OnnxDataType.Int32 => 4,
            OnnxDataType.Float64 or OnnxDataType.Int64 => 8,
            _ => throw new ArgumentException($"Expected a type of a fixed size for the constant '{constant}', but found {type}.", nameof(type)),
        };
        return raw.Length % size == 0
            ? AddConstant(constant, type, raw, raw.Length / size, dimensions)
            : throw new ArgumentException($"Expected a multiple of {size} bytes for the constant '{constant}', but found {raw.Length}.", nameof(raw));
    }

    /// <summary>A name that nothing has yet: the stem, or the stem with a number behind it.</summary>
    /// <param name="stem">How it should begin.</param>
    public string UniqueName(string stem)
    {
        var candidate = stem;
        for (var i = 1; _names.Contains(candidate); i++)
        {
            candidate = string.Create(CultureInfo.InvariantCulture, $"{stem}_{i}");
        }

        return candidate;
    }

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
        var result = output ?? UniqueName(string.Create(CultureInfo.InvariantCulture, $"{operation}_{_nodes.Count}"));
        AddNode(operation, inputs, [result], attributes, domain);
        return result;
    }

    /// <summary>Adds an operator with several outputs.</summary>
    /// <param name="operation">Its type, for example <c>LSTM</c>.</param>
    /// <param name="inputs">Names of values that exist already; an empty name leaves an optional input out.</param>
    /// <param name="outputs">Names of its outputs, at least one; an empty name leaves an optional output out.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="domain">Its domain; empty for ONNX itself.</param>
    /// <exception cref="InvalidOperationException">An input does not exist, or an output does already.</exception>
    public void AddNode(string operation, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs, IReadOnlyList<OnnxAttribute>? attributes = null, string domain = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        if (outputs.All(o => o.Length == 0))
        {
            throw new ArgumentException($"Expected at least one named output of {operation}, but found none.", nameof(outputs));
        }

        foreach (var input in inputs)
        {
            if (input.Length > 0 && !_names.Contains(input))
            {
                throw new InvalidOperationException($"Expected the input '{input}' of {operation} to be made before, but found no such value.");
            }
        }

        foreach (var output in outputs.Where(o => o.Length > 0))
        {
            Claim(output);
        }

        _usesMl |= domain == MlDomain;
        _usesRuntime |= domain == RuntimeDomain;
        _nodes.Add(OnnxMessages.Node(operation, inputs, outputs, attributes, domain));
    }

    /// <summary>Adds a pair to the file's <c>metadata_props</c>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    public void AddMetadata(string key, string value) => _metadata.Add(new(key, value));

    /// <summary>The bytes of the file.</summary>
    public byte[] Build()
    {
        var model = new ProtobufWriter();
        model.Int64(1, IrVersion());
        model.Text(2, "mlp");
        model.Message(7, Graph());
        model.Message(8, OnnxMessages.OperatorSet(string.Empty, Opset));
        if (_usesMl)
        {
            model.Message(8, OnnxMessages.OperatorSet(MlDomain, MlOpset));
        }

        if (_usesRuntime)
        {
            model.Message(8, OnnxMessages.OperatorSet(RuntimeDomain, 1));
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

    // The version of the format in which an operator set was released first (onnx, docs/Versioning.md).
    private int IrVersion() => Math.Max(
        Opset switch { >= 23 => 11, >= 21 => 10, >= 19 => 9, _ => 8 },
        _usesMl ? MlOpset switch { 5 => 10, 4 => 9, _ => 8 } : 8);

    private ProtobufWriter Graph()
    {
        var graph = new ProtobufWriter();
        WriteAll(graph, 1, _nodes);
        graph.Text(2, _name);
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
        OnnxMessages.ThrowIfNotCount(constant, count, dimensions);
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
