using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>Reads the declaration of one input or output (ValueInfoProto, TypeProto, TensorShapeProto).</summary>
internal static class OnnxValueReader
{
    private const long AnySize = -1;

    /// <summary>Reads a declaration. What is no tensor has no dimensions.</summary>
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
                continue;
            }

            value = value with { ElementType = KindOfValue(reader.Field, value.ElementType) };
            reader.Skip();
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

    /// <summary>The kind of a value that is no tensor; the denotation of a tensor (field 6) does not change what it is.</summary>
    private static TensorElementKind KindOfValue(int field, TensorElementKind found) => field switch
    {
        4 => TensorElementKind.Sequence,
        5 => TensorElementKind.Map,
        8 => TensorElementKind.SparseTensor,
        9 => TensorElementKind.Optional,
        _ => found,
    };

    private static TensorElementKind KindOf(long elementType) => elementType switch
    {
        1 => TensorElementKind.Float32,
        2 => TensorElementKind.UInt8,
        3 => TensorElementKind.Int8,
        4 => TensorElementKind.UInt16,
        5 => TensorElementKind.Int16,
        6 => TensorElementKind.Int32,
        7 => TensorElementKind.Int64,
        8 => TensorElementKind.String,
        9 => TensorElementKind.Boolean,
        10 => TensorElementKind.Float16,
        11 => TensorElementKind.Float64,
        12 => TensorElementKind.UInt32,
        13 => TensorElementKind.UInt64,
        14 => TensorElementKind.Complex64,
        15 => TensorElementKind.Complex128,
        16 => TensorElementKind.BFloat16,
        17 => TensorElementKind.Float8E4M3FN,
        18 => TensorElementKind.Float8E4M3FNUZ,
        19 => TensorElementKind.Float8E5M2,
        20 => TensorElementKind.Float8E5M2FNUZ,
        21 => TensorElementKind.UInt4,
        22 => TensorElementKind.Int4,
        23 => TensorElementKind.Float4E2M1,
        24 => TensorElementKind.Float8E8M0,
        _ => TensorElementKind.Other,
    };
}
