using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>Reads the declaration of one input or output (ValueInfoProto, TypeProto, TensorShapeProto).</summary>
internal static class OnnxValueReader
{
    private const long AnySize = -1;

    /// <summary>Reads a declaration. Sequences, maps, optionals and sparse tensors are <see cref="TensorElementKind.Other"/> without dimensions.</summary>
    /// <param name="reader">At the start of a ValueInfoProto.</param>
    public static TensorSpecification Read(ProtobufReader reader)
    {
        var value = new TensorSpecification(string.Empty, TensorElementKind.Other, []);
        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 1:
                    value = value with { Name = reader.ReadString() };
                    break;
                case 2:
                    value = ReadType(reader.ReadMessage(), value);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return value;
    }

    private static TensorSpecification ReadType(ProtobufReader reader, TensorSpecification value)
    {
        while (reader.ReadField())
        {
            if (reader.Field == 1)
            {
                value = ReadTensorType(reader.ReadMessage(), value);
            }
            else
            {
                reader.Skip();
            }
        }

        return value;
    }

    private static TensorSpecification ReadTensorType(ProtobufReader reader, TensorSpecification value)
    {
        while (reader.ReadField())
        {
            switch (reader.Field)
            {
                case 1:
                    value = value with { ElementType = KindOf(reader.ReadInt64()) };
                    break;
                case 2:
                    value = value with { Dimensions = ReadShape(reader.ReadMessage()) };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return value;
    }

    private static List<long> ReadShape(ProtobufReader reader)
    {
        var dimensions = new List<long>();
        while (reader.ReadField())
        {
            if (reader.Field == 1)
            {
                dimensions.Add(ReadDimension(reader.ReadMessage()));
            }
            else
            {
                reader.Skip();
            }
        }

        return dimensions;
    }

    private static long ReadDimension(ProtobufReader reader)
    {
        var size = AnySize;
        while (reader.ReadField())
        {
            // A name in place of a size (dim_param, field 2), or neither, leaves the size to the call.
            if (reader.Field == 1)
            {
                size = Math.Max(AnySize, reader.ReadInt64());
            }
            else
            {
                reader.Skip();
            }
        }

        return size;
    }

    private static TensorElementKind KindOf(long elementType) => elementType switch
    {
        1 => TensorElementKind.Float32,
        2 => TensorElementKind.UInt8,
        6 => TensorElementKind.Int32,
        7 => TensorElementKind.Int64,
        8 => TensorElementKind.String,
        9 => TensorElementKind.Boolean,
        10 => TensorElementKind.Float16,
        11 => TensorElementKind.Float64,
        _ => TensorElementKind.Other,
    };
}
