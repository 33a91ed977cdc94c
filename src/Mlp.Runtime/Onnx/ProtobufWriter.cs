using System.Buffers.Binary;
using System.Text;

namespace Mlp.Runtime.Onnx;

/// <summary>Writes the protocol buffers wire format (protobuf.dev, "Encoding"): the few field kinds that ONNX uses.</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;

    private byte[] _buffer = new byte[256];
    private int _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Int64(int field, long value)
    {
        Tag(field, Varint);
        WriteVarint((ulong)value);
    }

    public void Float(int field, float value)
    {
        Tag(field, Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(Reserve(4), value);
    }

    public void Text(int field, string value)
    {
        Tag(field, LengthDelimited);
        var length = Encoding.UTF8.GetByteCount(value);
        WriteVarint((ulong)length);
        Encoding.UTF8.GetBytes(value, Reserve(length));
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, LengthDelimited);
        WriteVarint((ulong)value.Length);
        value.CopyTo(Reserve(value.Length));
    }

    public void Message(int field, ProtobufWriter message) => Bytes(field, message.Written);

    /// <summary>Adds whole fields as they stand in another message.</summary>
    public void Raw(ReadOnlySpan<byte> fields) => fields.CopyTo(Reserve(fields.Length));

    public void PackedInt64(int field, IReadOnlyList<long> values)
    {
        var packed = new ProtobufWriter();
        foreach (var value in values)
        {
            packed.WriteVarint((ulong)value);
        }

        Message(field, packed);
    }

    public void PackedFloat(int field, IReadOnlyList<float> values)
    {
        Tag(field, LengthDelimited);
        WriteVarint((ulong)values.Count * 4);
        var bytes = Reserve(checked(values.Count * 4));
        for (var i = 0; i < values.Count; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes[(i * 4)..], values[i]);
        }
    }

    private void Tag(int field, int wireType) => WriteVarint(((ulong)field << 3) | (uint)wireType);

    private void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            Reserve(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Reserve(1)[0] = (byte)value;
    }

    private Span<byte> Reserve(int count)
    {
        var needed = (long)_length + count;
        if (needed > Array.MaxLength)
        {
            throw new InvalidOperationException("Expected a model below 2 GB, the limit of a protocol buffer, but it grew beyond.");
        }

        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(Math.Max(needed, 2L * _buffer.Length), Array.MaxLength));
        }

        var span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }
}
