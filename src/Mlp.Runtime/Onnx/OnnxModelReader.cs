using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// Reads what an ONNX file declares (signature, operator sets, metadata) without running it and without a protobuf library.
/// Field numbers: onnx/onnx.proto, messages ModelProto, GraphProto, ValueInfoProto and TypeProto.
/// </summary>
internal static class OnnxModelReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="path">Where they come from, for messages; null for bytes.</param>
    /// <exception cref="InvalidModelException">The bytes are not an ONNX model.</exception>
    public static OnnxModelDescription Read(string model, ReadOnlySpan<byte> onnx, string? path = null)
    {
        var parts = new Parts();
        try
        {
            ReadModel(new ProtobufReader(onnx), parts);
        }
        catch (ProtobufFormatException e)
        {
            throw new InvalidModelException(
                model,
                parts.IsOnnx
                    ? FormattableString.Invariant($"Expected an ONNX file{At(path)}, but the bytes cannot be read from offset {e.Offset} of {onnx.Length}: {e.Message} ")
                        + $"(model '{model}'). The file may be cut short."
                    : NoOnnx(model, path),
                e);
        }

        return Build(model, onnx.Length, parts, path);
    }

    private static string At(string? path) => path is null ? string.Empty : $" at '{path}'";

    /// <summary>Every ONNX file begins with its version; what has none is of another kind: a LightGBM text, a pickle, a table.</summary>
    private static string NoOnnx(string model, string? path)
        => $"Expected an ONNX file, but {(path is null ? "the bytes are" : $"'{path}' is")} none; export the model to ONNX with the tool that it was trained with (model '{model}').";

    private static OnnxModelDescription Build(string model, int length, Parts parts, string? path)
    {
        if (!parts.IsOnnx && length > 0)
        {
            throw new InvalidModelException(model, NoOnnx(model, path));
        }

        if (!parts.HasGraph || parts.OperatorSets.Count == 0)
        {
            var missing = parts.HasGraph ? "no operator set" : "no graph";
            throw new InvalidModelException(
                model, FormattableString.Invariant($"Expected an ONNX file{At(path)}, but found {missing} in its {length} bytes (model '{model}'). The file may be cut short."));
        }

        // Before IR version 4 a graph lists its weights among its inputs too.
        var inputs = parts.Inputs.Where(i => !parts.Initializers.Contains(i.Name)).ToArray();
        return new OnnxModelDescription(
            new ModelSignature(inputs, parts.Outputs), parts.IrVersion, parts.OperatorSets, parts.Metadata, parts.ProducerName, parts.ProducerVersion);
    }

    private static void ReadModel(ProtobufReader reader, Parts parts)
    {
        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 1:
                    parts.IrVersion = reader.ReadInt64();
                    break;
                case 2:
                    parts.ProducerName = reader.ReadString();
                    break;
                case 3:
                    parts.ProducerVersion = reader.ReadString();
                    break;
                case 7:
                    parts.HasGraph = true;
                    ReadGraph(reader.ReadMessage(), parts);
                    break;
                case 8:
                    ReadOperatorSet(reader.ReadMessage(), parts);
                    break;
                case 14:
                    ReadMetadata(reader.ReadMessage(), parts);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static void ReadOperatorSet(ProtobufReader reader, Parts parts)
    {
        var (domain, version) = (string.Empty, 0L);
        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 1:
                    domain = reader.ReadString();
                    break;
                case 2:
                    version = reader.ReadInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        // "ai.onnx" is the long name of the empty domain.
        parts.OperatorSets[domain == "ai.onnx" ? string.Empty : domain] = version;
    }

    private static void ReadMetadata(ProtobufReader reader, Parts parts)
    {
        var (key, value) = OnnxStringEntry.Read(reader);
        parts.Metadata[key] = value;
    }

    private static void ReadGraph(ProtobufReader reader, Parts parts)
    {
        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 5:
                    ReadInitializer(reader.ReadMessage(), parts);
                    break;
                case 11:
                    parts.Inputs.Add(OnnxValueReader.Read(reader.ReadMessage()));
                    break;
                case 12:
                    parts.Outputs.Add(OnnxValueReader.Read(reader.ReadMessage()));
                    break;
                case 15:
                    ReadSparseInitializer(reader.ReadMessage(), parts);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static void ReadInitializer(ProtobufReader reader, Parts parts)
    {
        var name = string.Empty;
        while (reader.ReadField())
        {
            if (reader.Field == 8)
            {
                name = reader.ReadString();
            }
            else
            {
                reader.Skip();
            }
        }

        parts.Initializers.Add(name);
    }

    private static void ReadSparseInitializer(ProtobufReader reader, Parts parts)
    {
        while (reader.ReadField())
        {
            if (reader.Field == 1)
            {
                // A sparse tensor has the name of its values.
                ReadInitializer(reader.ReadMessage(), parts);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    /// <summary>What has been read so far. Protobuf merges a message that occurs twice, so everything accumulates.</summary>
    private sealed class Parts
    {
        public bool HasGraph { get; set; }

        /// <summary>Whether what was read looks like an ONNX file, or the beginning of one: it gives its version, which is a small number.</summary>
        public bool IsOnnx => IrVersion is > 0 and < 1_000;

        public long IrVersion { get; set; }

        public string ProducerName { get; set; } = string.Empty;

        public string ProducerVersion { get; set; } = string.Empty;

        public HashSet<string> Initializers { get; } = new(StringComparer.Ordinal);

        public List<TensorSpecification> Inputs { get; } = [];

        public List<TensorSpecification> Outputs { get; } = [];

        public Dictionary<string, long> OperatorSets { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);
    }
}
