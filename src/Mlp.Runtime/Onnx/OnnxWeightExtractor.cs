using System.Globalization;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// Rewrites an ONNX file so that its large weights lie in another file, which can be mapped into memory. Only the initializers of the main graph are taken out, those whose values
/// stand in the file as they would lie in memory; everything else is copied byte for byte. The same file gives the same result.
/// </summary>
internal static class OnnxWeightExtractor
{
    /// <summary>Weights begin at multiples of a page, as mapping wants.</summary>
    public const int Alignment = 4096;

    private const int Smallest = 4096;

    /// <summary>Takes the weights out.</summary>
    /// <param name="onnx">Bytes of the file, which can be read (<see cref="OnnxModelReader"/>).</param>
    /// <param name="location">Name of the file that the weights will lie in.</param>
    /// <param name="smallest">Bytes from which on weights are large.</param>
    /// <returns>The rest of the model, and what lies where in the other file, ascending; without weights the model is as it was.</returns>
    /// <exception cref="ProtobufFormatException">The bytes cannot be read.</exception>
    public static (byte[] Onnx, IReadOnlyList<OnnxWeightRange> Weights) Extract(ReadOnlySpan<byte> onnx, string location, int smallest = Smallest)
    {
        var weights = new List<OnnxWeightRange>();
        var model = new ProtobufWriter();
        var reader = new ProtobufReader(onnx);
        for (var start = reader.Offset; reader.ReadField(); start = reader.Offset)
        {
            if (reader.Field == 7)
            {
                model.Message(7, RewriteGraph(onnx, reader.ReadMessage(), location, smallest, weights));
            }
            else
            {
                reader.Skip();
                model.Raw(onnx[(int)start..(int)reader.Offset]);
            }
        }

        return (model.Written.ToArray(), weights);
    }

    private static ProtobufWriter RewriteGraph(ReadOnlySpan<byte> onnx, ProtobufReader reader, string location, int smallest, List<OnnxWeightRange> weights)
    {
        var graph = new ProtobufWriter();
        for (var start = reader.Offset; reader.ReadField(); start = reader.Offset)
        {
            if (reader.Field == 5 && reader.ReadMessage() is var tensor && FindValues(tensor, smallest) is { } values)
            {
                var end = weights is [.., var last] ? last.Target + last.Length : 0;
                var range = new OnnxWeightRange(values.Start, (end + Alignment - 1) / Alignment * Alignment, values.Length);
                weights.Add(range);
                graph.Message(5, RewriteTensor(onnx, tensor, values.Field, location, range));
                continue;
            }

            if (reader.Field != 5)
            {
                reader.Skip();
            }

            graph.Raw(onnx[(int)start..(int)reader.Offset]);
        }

        return graph;
    }

    /// <summary>Where the values of a tensor stand, if they stand there once and as they would lie in memory.</summary>
    private static (int Field, int Start, int Length)? FindValues(ProtobufReader reader, int smallest)
    {
        var header = new OnnxTensorHeader();
        (int Field, int Start, int Length)? found = null;
        while (reader.ReadField())
        {
            if (header.TryRead(ref reader))
            {
                continue;
            }

            // raw_data, and packed float_data and double_data, which are the same bytes.
            if (reader.Field is 9 or 4 or 10 && reader.WireType == ProtobufWireType.LengthDelimited && found is null)
            {
                var length = reader.ReadBytes().Length;
                found = (reader.Field, (int)reader.Offset - length, length);
            }
            else if (reader.Field is 3 or (>= 4 and <= 7) or (>= 9 and <= 11) or 13)
            {
                return null;
            }
            else
            {
                reader.Skip();
            }
        }

        var fits = found is { Field: var field } && (field == 9 || (field == 4 && header.DataType == 1) || (field == 10 && header.DataType == 11));
        return fits && found!.Value.Length >= smallest && header.DataLocation == 0 && header.ByteCount == found.Value.Length ? found : null;
    }

    private static ProtobufWriter RewriteTensor(ReadOnlySpan<byte> onnx, ProtobufReader reader, int valuesField, string location, OnnxWeightRange range)
    {
        var tensor = new ProtobufWriter();
        for (var start = reader.Offset; reader.ReadField(); start = reader.Offset)
        {
            reader.Skip();
            if (reader.Field != valuesField && reader.Field != 14)
            {
                tensor.Raw(onnx[(int)start..(int)reader.Offset]);
            }
        }

        tensor.Message(13, Entry("location", location));
        tensor.Message(13, Entry("offset", range.Target.ToString(CultureInfo.InvariantCulture)));
        tensor.Message(13, Entry("length", range.Length.ToString(CultureInfo.InvariantCulture)));
        tensor.Int64(14, 1);
        return tensor;
    }

    private static ProtobufWriter Entry(string key, string value)
    {
        var entry = new ProtobufWriter();
        entry.Text(1, key);
        entry.Text(2, value);
        return entry;
    }
}
