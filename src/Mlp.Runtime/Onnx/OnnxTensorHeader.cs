namespace Mlp.Runtime.Onnx;

/// <summary>What a tensor of an ONNX file says of itself beside its values (<c>TensorProto</c>).</summary>
internal struct OnnxTensorHeader
{
    private long _elementCount = 1;
    private bool _isOverflown;

    /// <summary>Starts with what is true of a tensor without fields.</summary>
    public OnnxTensorHeader()
    {
    }

    /// <summary>Its name; null where it has none.</summary>
    public string? Name { get; private set; }

    /// <summary>Element type (<c>TensorProto.DataType</c>).</summary>
    public int DataType { get; private set; }

    /// <summary>Where the values lie: 0 in the file itself, 1 in another.</summary>
    public int DataLocation { get; private set; }

    /// <summary>Bytes of the values; null where the type has no fixed size or the shape is no shape.</summary>
    public readonly long? ByteCount
    {
        get
        {
            var size = ElementSize(DataType);
            return size == 0 || _isOverflown || _elementCount > long.MaxValue / size ? null : _elementCount * size;
        }
    }

    /// <summary>Reads the current field if it is one of these.</summary>
    /// <param name="reader">A reader of the tensor, after <see cref="ProtobufReader.ReadField"/>.</param>
    /// <returns>False if it is another one, which has not been read.</returns>
    public bool TryRead(ref ProtobufReader reader)
    {
        switch (reader.Field)
        {
            case 1 when reader.WireType == ProtobufWireType.LengthDelimited:
                for (var packed = reader.ReadMessage(); packed.HasMore;)
                {
                    AddDimension(packed.ReadPackedInt64());
                }

                return true;
            case 1:
                AddDimension(reader.ReadInt64());
                return true;
            case 2:
                DataType = unchecked((int)reader.ReadInt64());
                return true;
            case 8:
                Name = reader.ReadString();
                return true;
            case 14:
                // An enumeration is 32 bits wide, whatever the varint holds.
                DataLocation = unchecked((int)reader.ReadInt64());
                return true;
            default:
                return false;
        }
    }

    /// <summary>Bytes of one element; 0 for texts, for types below a byte, and for unknown ones.</summary>
    private static int ElementSize(int dataType) => dataType switch
    {
        2 or 3 or 9 or 17 or 18 or 19 or 20 or 24 => 1,
        4 or 5 or 10 or 16 => 2,
        1 or 6 or 12 => 4,
        7 or 11 or 13 or 14 => 8,
        15 => 16,
        _ => 0,
    };

    private void AddDimension(long size)
    {
        if (size < 0 || (size > 0 && _elementCount > long.MaxValue / size))
        {
            _isOverflown = true;
            return;
        }

        _elementCount *= size;
    }
}
