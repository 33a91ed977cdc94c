namespace Mlp.Runtime.Onnx;

/// <summary>One operator of a graph. Field numbers: onnx/onnx.proto, message NodeProto. Not thread-safe.</summary>
/// <param name="message">The message.</param>
internal sealed class OnnxNodeEditor(ProtobufMessage message)
{
    private const int InputField = 1;
    private const int OutputField = 2;
    private const int AttributeField = 5;

    private List<string>? _inputs;
    private List<string>? _outputs;
    private List<OnnxGraphEditor>? _subgraphs;

    /// <summary>The message.</summary>
    public ProtobufMessage Message => message;

    /// <summary>Its name; may be empty.</summary>
    public string Name => message.Text(3);

    /// <summary>The operator, for example <c>Gemm</c>.</summary>
    public string OperatorType { get; } = message.Text(4);

    /// <summary>The operator's domain; empty for ONNX itself.</summary>
    public string Domain { get; } = message.Text(7) is { Length: > 0 } domain && domain != "ai.onnx" ? domain : string.Empty;

    /// <summary>The values that it reads; an empty name is an optional input that is left out.</summary>
    public IReadOnlyList<string> Inputs => _inputs ??= message.Texts(InputField);

    /// <summary>The values that it makes; an empty name is an optional output that is left out.</summary>
    public IReadOnlyList<string> Outputs => _outputs ??= message.Texts(OutputField);

    /// <summary>The graphs in its attributes (If, Loop, Scan).</summary>
    public IReadOnlyList<OnnxGraphEditor> Subgraphs
        => _subgraphs ??= [.. message.Messages(AttributeField).SelectMany(a => a.Messages(6).Concat(a.Messages(11))).Select(g => new OnnxGraphEditor(g))];

    /// <summary>An attribute.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The attribute, or null if the node leaves it at its default.</returns>
    public OnnxAttributeValue? Attribute(string name)
        => message.Messages(AttributeField).FirstOrDefault(a => a.Text(1) == name) is { } found ? new OnnxAttributeValue(found) : null;

    /// <summary>Reads other values.</summary>
    /// <param name="inputs">Their names.</param>
    public void SetInputs(IEnumerable<string> inputs)
    {
        _inputs = [.. inputs];
        message.SetTexts(InputField, _inputs);
    }

    /// <summary>Calls what it makes by other names.</summary>
    /// <param name="outputs">The names.</param>
    public void SetOutputs(IEnumerable<string> outputs)
    {
        _outputs = [.. outputs];
        message.SetTexts(OutputField, _outputs);
    }

    /// <summary>Gives it another name, which no node has.</summary>
    /// <param name="name">The name.</param>
    public void Rename(string name) => message.SetTexts(3, [name]);

    /// <summary>Follows a value to its new name, in subgraphs too.</summary>
    /// <param name="from">The name now.</param>
    /// <param name="to">The new name.</param>
    public void RenameValue(string from, string to)
    {
        if (Inputs.Contains(from))
        {
            SetInputs(Inputs.Select(i => i == from ? to : i));
        }

        if (Outputs.Contains(from))
        {
            SetOutputs(Outputs.Select(o => o == from ? to : o));
        }

        foreach (var subgraph in Subgraphs)
        {
            subgraph.RenameValue(from, to);
        }
    }
}
