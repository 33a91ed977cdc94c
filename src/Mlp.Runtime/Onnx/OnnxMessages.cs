namespace Mlp.Runtime.Onnx;

/// <summary>Writes the messages of an ONNX file. Field numbers: onnx/onnx.proto.</summary>
internal static class OnnxMessages
{
    /// <summary>An operator with one output or several (NodeProto).</summary>
    /// <param name="operation">Its type, for example <c>Gemm</c>.</param>
    /// <param name="inputs">Names of the values that it reads; an empty name leaves an optional input out.</param>
    /// <param name="outputs">Names of the values that it makes; an empty name leaves an optional output out. The first named one names the node too.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="domain">Its domain; empty for ONNX itself.</param>
    public static ProtobufWriter Node(
        string operation, IReadOnlyList<string> inputs, IReadOnlyList<string> outputs, IReadOnlyList<OnnxAttribute>? attributes = null, string domain = "")
    {
        var node = new ProtobufWriter();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        foreach (var output in outputs)
        {
            node.Text(2, output);
        }

        node.Text(3, outputs.First(o => o.Length > 0));
        node.Text(4, operation);
        foreach (var attribute in attributes ?? [])
        {
            node.Message(5, attribute.Message);
        }

        if (domain.Length > 0)
        {
            node.Text(7, domain);
        }

        return node;
    }

    /// <summary>The version of an operator set (OperatorSetIdProto).</summary>
    /// <param name="domain">Its domain; empty for ONNX itself.</param>
    /// <param name="version">The version.</param>
    public static ProtobufWriter OperatorSet(string domain, int version)
    {
        var set = new ProtobufWriter();
        set.Text(1, domain);
        set.Int64(2, version);
        return set;
    }

    /// <summary>The declaration of a tensor (ValueInfoProto).</summary>
    /// <param name="value">Its name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="dimensions">Its shape; -1 where a call decides.</param>
    public static ProtobufWriter ValueInfo(string value, OnnxDataType type, ReadOnlySpan<long> dimensions)
    {
        var shape = new ProtobufWriter();
        for (var i = 0; i < dimensions.Length; i++)
        {
            var dimension = new ProtobufWriter();
            if (dimensions[i] >= 0)
            {
                dimension.Int64(1, dimensions[i]);
            }
            else if (i == 0)
            {
                // Equal names are equal sizes, so only the batch has one.
                dimension.Text(2, "N");
            }

            shape.Message(1, dimension);
        }

        var tensor = new ProtobufWriter();
        tensor.Int64(1, (int)type);
        tensor.Message(2, shape);
        var typeMessage = new ProtobufWriter();
        typeMessage.Message(1, tensor);
        var info = new ProtobufWriter();
        info.Text(1, value);
        info.Message(2, typeMessage);
        return info;
    }

    /// <summary>A constant tensor (TensorProto).</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="raw">Its values, row-major, little-endian.</param>
    /// <param name="dimensions">Its shape.</param>
    public static ProtobufWriter Tensor(string tensor, OnnxDataType type, ReadOnlySpan<byte> raw, ReadOnlySpan<long> dimensions)
    {
        var message = new ProtobufWriter();
        message.PackedInt64(1, dimensions.ToArray());
        message.Int64(2, (int)type);
        message.Text(8, tensor);
        message.Bytes(9, raw);
        return message;
    }

    /// <summary>A constant tensor of texts (TensorProto.string_data).</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="values">Its values, row-major.</param>
    /// <param name="dimensions">Its shape.</param>
    public static ProtobufWriter TextTensor(string tensor, ReadOnlySpan<string> values, ReadOnlySpan<long> dimensions)
    {
        ThrowIfNotCount(tensor, values.Length, dimensions);
        var message = new ProtobufWriter();
        message.PackedInt64(1, dimensions.ToArray());
        message.Int64(2, (int)OnnxDataType.String);
        foreach (var value in values)
        {
            message.Text(6, value);
        }

        message.Text(8, tensor);
        return message;
    }

    /// <summary>Throws where a shape does not have as many elements as there are values.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static void ThrowIfNotCount(string tensor, int count, ReadOnlySpan<long> dimensions)
    {
        long product = 1;
        foreach (var size in dimensions)
        {
            product *= size;
        }

        if (product != count)
        {
            throw new ArgumentException($"Expected {product} values for the constant '{tensor}', but found {count}.", nameof(dimensions));
        }

        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Expected a little-endian processor: ONNX stores raw tensor data that way.");
        }
    }
}
