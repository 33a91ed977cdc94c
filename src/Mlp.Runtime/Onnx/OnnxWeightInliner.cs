using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>Puts weights that lie in other files back into an ONNX file: the reverse of <see cref="OnnxWeightExtractor"/>. Everything else is copied byte for byte.</summary>
internal static class OnnxWeightInliner
{
    private const int External = 1;

    /// <summary>Puts the weights back.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="tensors">Its tensors that lie outside (<see cref="OnnxExternalDataReader"/>), within their files.</param>
    /// <param name="read">The bytes of such a tensor.</param>
    /// <returns>A model that is one file.</returns>
    /// <exception cref="InvalidModelException">Other tensors than weights of the main graph lie outside.</exception>
    public static byte[] Inline(string model, ReadOnlySpan<byte> onnx, IReadOnlyList<OnnxExternalTensor> tensors, Func<OnnxExternalTensor, byte[]> read)
    {
        var remaining = new Queue<OnnxExternalTensor>(tensors);
        var result = new ProtobufWriter();
        var reader = new ProtobufReader(onnx);
        for (var start = reader.Offset; reader.ReadField(); start = reader.Offset)
        {
            if (reader.Field == 7)
            {
                result.Message(7, RewriteGraph(model, onnx, reader.ReadMessage(), remaining, read));
            }
            else
            {
                reader.Skip();
                result.Raw(onnx[(int)start..(int)reader.Offset]);
            }
        }

        return remaining.Count == 0 ? result.Written.ToArray() : throw Elsewhere(model, remaining.Peek());
    }

    private static ProtobufWriter RewriteGraph(
        string model, ReadOnlySpan<byte> onnx, ProtobufReader reader, Queue<OnnxExternalTensor> remaining, Func<OnnxExternalTensor, byte[]> read)
    {
        var graph = new ProtobufWriter();
        for (var start = reader.Offset; reader.ReadField(); start = reader.Offset)
        {
            if (reader.Field == 5 && reader.ReadMessage() is var tensor && HeaderOf(tensor) is { DataLocation: External } header)
            {
                // The tensors come in the order of the file; one of a node stands before the weights.
                if (!remaining.TryDequeue(out var next) || next.Name != (header.Name ?? string.Empty))
                {
                    throw Elsewhere(model, next);
                }

                graph.Message(5, RewriteTensor(onnx, tensor, read(next)));
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

    private static OnnxTensorHeader HeaderOf(ProtobufReader reader)
    {
        var header = new OnnxTensorHeader();
        while (reader.ReadField())
        {
            if (!header.TryRead(ref reader))
            {
                reader.Skip();
            }
        }

        return header;
    }

    private static ProtobufWriter RewriteTensor(ReadOnlySpan<byte> onnx, ProtobufReader reader, byte[] values)
    {
        var tensor = new ProtobufWriter();
        for (var start = reader.Offset; reader.ReadField(); start = reader.Offset)
        {
            reader.Skip();
            if (reader.Field is not (13 or 14))
            {
                tensor.Raw(onnx[(int)start..(int)reader.Offset]);
            }
        }

        tensor.Bytes(9, values);
        return tensor;
    }

    private static InvalidModelException Elsewhere(string model, OnnxExternalTensor tensor)
        => new(model, $"Expected external data for weights of the main graph alone, but tensor '{tensor.Name}' of a node lies in another file (model '{model}').");
}
