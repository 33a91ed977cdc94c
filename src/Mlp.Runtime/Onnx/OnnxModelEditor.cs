using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// An ONNX file that can be changed: its graph, its operator sets. Whatever is not changed stays byte for byte what it was, also what this version does not know; weights are copied
/// once, by <see cref="ToArray"/>. Field numbers: onnx/onnx.proto, message ModelProto. Not thread-safe.
/// </summary>
internal sealed class OnnxModelEditor
{
    private const int GraphField = 7;
    private const int OperatorSetField = 8;
    private const int MetadataField = 14;

    private readonly ProtobufMessage _message;

    private OnnxModelEditor(ProtobufMessage message, ProtobufMessage graph)
    {
        _message = message;
        Graph = new OnnxGraphEditor(graph);
    }

    /// <summary>The graph.</summary>
    public OnnxGraphEditor Graph { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">Bytes of the file; nobody changes them as long as this is used.</param>
    /// <exception cref="InvalidModelException">The bytes are not an ONNX model.</exception>
    public static OnnxModelEditor Open(string model, ReadOnlyMemory<byte> onnx)
    {
        try
        {
            var message = ProtobufMessage.Parse(onnx);
            var graph = message.Message(GraphField) ?? throw new ProtobufFormatException(0, "expected a graph, but found none");
            return new OnnxModelEditor(message, graph);
        }
        catch (ProtobufFormatException e)
        {
            throw new InvalidModelException(
                model,
                FormattableString.Invariant($"Expected an ONNX file, but the bytes cannot be read from offset {e.Offset} of {onnx.Length}: {e.Message} (model '{model}')."),
                e);
        }
    }

    /// <summary>Version of an operator set.</summary>
    /// <param name="domain">Its domain; empty for ONNX itself.</param>
    /// <returns>The version, or 0 if the file does not use the set.</returns>
    public long OperatorSet(string domain)
        => _message.Messages(OperatorSetField).FirstOrDefault(s => Normalise(s.Text(1)) == Normalise(domain))?.Int64(2) ?? 0;

    /// <summary>Declares an operator set, unless the file declares some version of it already.</summary>
    /// <param name="domain">Its domain; empty for ONNX itself.</param>
    /// <param name="version">The version to declare.</param>
    public void RequireOperatorSet(string domain, int version)
    {
        if (OperatorSet(domain) == 0)
        {
            _message.Insert(OperatorSetField, ProtobufMessage.From(OnnxMessages.OperatorSet(domain, version)));
        }
    }

    /// <summary>Says something in the file's metadata, in the place of what was said under the key before.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    public void SetMetadata(string key, string value)
    {
        RemoveMetadata(key);
        var pair = new ProtobufWriter();
        pair.Text(1, key);
        pair.Text(2, value);
        _message.Insert(MetadataField, ProtobufMessage.From(pair));
    }

    /// <summary>Takes what is said under a key out of the file's metadata.</summary>
    /// <param name="key">The key.</param>
    public void RemoveMetadata(string key)
    {
        foreach (var entry in _message.Messages(MetadataField).Where(m => m.Text(1) == key).ToArray())
        {
            _message.Remove(entry);
        }
    }

    /// <summary>The bytes of the file as it is now.</summary>
    public byte[] ToArray() => _message.ToArray();

    /// <summary>"ai.onnx" is the long name of the empty domain.</summary>
    private static string Normalise(string domain) => domain == "ai.onnx" ? string.Empty : domain;
}
