using System.Globalization;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// Finds every tensor of an ONNX file that lies in another file, wherever a tensor may stand: weights, attributes of nodes, graphs within attributes, functions and training
/// information. Field numbers: onnx/onnx.proto, messages ModelProto, GraphProto, NodeProto, AttributeProto, FunctionProto, TrainingInfoProto and TensorProto.
/// </summary>
internal sealed class OnnxExternalDataReader
{
    /// <summary>Protocol buffers themselves refuse messages nested deeper than 100, and a graph within a graph is three of them.</summary>
    private const int MaximumDepth = 34;

    private const int ExternalLocation = 1;

    private readonly List<OnnxExternalTensor> _tensors = [];
    private int _depth;

    private OnnxExternalDataReader()
    {
    }

    /// <summary>Reads a file.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">Bytes of the file.</param>
    /// <returns>The tensors in the order of the file; empty for a model that is one file.</returns>
    /// <exception cref="InvalidModelException">The bytes cannot be read, or a reference is none that ONNX allows.</exception>
    public static IReadOnlyList<OnnxExternalTensor> Read(string model, ReadOnlySpan<byte> onnx)
    {
        var reader = new OnnxExternalDataReader();
        try
        {
            reader.ReadModel(new ProtobufReader(onnx));
        }
        catch (ProtobufFormatException e)
        {
            throw new InvalidModelException(
                model, FormattableString.Invariant($"Expected an ONNX file, but the bytes cannot be read from offset {e.Offset} of {onnx.Length}: {e.Message} (model '{model}')."), e);
        }

        return reader._tensors;
    }

    private void ReadModel(ProtobufReader reader)
    {
        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 7:
                    ReadGraph(reader.ReadMessage());
                    break;
                case 20:
                    ReadTraining(reader.ReadMessage());
                    break;
                case 25:
                    ReadFunction(reader.ReadMessage());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadTraining(ProtobufReader reader)
    {
        while (reader.ReadField())
        {
            if (reader.Field is 1 or 2)
            {
                ReadGraph(reader.ReadMessage());
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadFunction(ProtobufReader reader)
    {
        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 7:
                    ReadNode(reader.ReadMessage());
                    break;
                case 11:
                    ReadAttribute(reader.ReadMessage());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadGraph(ProtobufReader reader)
    {
        if (++_depth > MaximumDepth)
        {
            throw new ProtobufFormatException(reader.Offset, FormattableString.Invariant($"expected graphs nested at most {MaximumDepth} deep, but found a deeper one"));
        }

        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 1:
                    ReadNode(reader.ReadMessage());
                    break;
                case 5:
                    ReadTensor(reader.ReadMessage());
                    break;
                case 15:
                    ReadSparseTensor(reader.ReadMessage());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        _depth--;
    }

    private void ReadNode(ProtobufReader reader)
    {
        while (reader.ReadField())
        {
            if (reader.Field == 5)
            {
                ReadAttribute(reader.ReadMessage());
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadAttribute(ProtobufReader reader)
    {
        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 5 or 10:
                    ReadTensor(reader.ReadMessage());
                    break;
                case 6 or 11:
                    ReadGraph(reader.ReadMessage());
                    break;
                case 22 or 23:
                    ReadSparseTensor(reader.ReadMessage());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadSparseTensor(ProtobufReader reader)
    {
        while (reader.ReadField())
        {
            if (reader.Field is 1 or 2)
            {
                ReadTensor(reader.ReadMessage());
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadTensor(ProtobufReader reader)
    {
        var start = reader.Offset;
        var header = new OnnxTensorHeader();
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadField())
        {
            if (reader.Field == 13)
            {
                ReadEntry(reader.ReadMessage(), entries);
            }
            else if (!header.TryRead(ref reader))
            {
                reader.Skip();
            }
        }

        if (header.DataLocation == ExternalLocation)
        {
            _tensors.Add(Create(header, entries, start));
        }
    }

    private static void ReadEntry(ProtobufReader reader, Dictionary<string, string> entries)
    {
        var start = reader.Offset;
        var (key, value) = OnnxStringEntry.Read(reader);

        // Two of a key would leave it to the engine which one counts.
        if (!entries.TryAdd(key, value))
        {
            throw new ProtobufFormatException(start, $"expected each entry of external data once, but found '{key}' twice");
        }
    }

    private static OnnxExternalTensor Create(in OnnxTensorHeader header, Dictionary<string, string> entries, long start)
    {
        if (!entries.TryGetValue("location", out var location))
        {
            throw new ProtobufFormatException(start, $"expected the location of the external data of tensor '{header.Name}', but found none");
        }

        return new OnnxExternalTensor(
            header.Name ?? string.Empty, location, Number(entries, "offset", start) ?? 0, Number(entries, "length", start) ?? header.ByteCount);
    }

    private static long? Number(Dictionary<string, string> entries, string key, long start)
    {
        if (!entries.TryGetValue(key, out var text))
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ProtobufFormatException(start, $"expected the {key} of external data to be a number of bytes, but found '{text}'");
    }
}
