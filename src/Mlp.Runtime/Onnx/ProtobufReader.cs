using System.Text;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// Reads the fields of one protobuf message from memory without copying. Every length is checked against what is left, so that damaged bytes
/// end in a <see cref="ProtobufFormatException"/> with the offset and in nothing else.
/// </summary>
internal ref struct ProtobufReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _message;
    private readonly long _start;
    private int _position;

    /// <summary>Starts at the first field of a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="start">Offset of the message in its file, for errors.</param>
    public ProtobufReader(ReadOnlySpan<byte> message, long start = 0)
    {
        _message = message;
        _start = start;
        _position = 0;
        Field = 0;
        WireType = ProtobufWireType.Varint;
    }

    /// <summary>Number of the field whose value comes next.</summary>
    public int Field { get; private set; }

    /// <summary>Encoding of the value that comes next.</summary>
    public ProtobufWireType WireType { get; private set; }

    /// <summary>Offset in the file of what comes next.</summary>
    public readonly long Offset => _start + _position;

    /// <summary>Reads the tag of the next field. The caller then reads its value or skips it.</summary>
    /// <returns>False at the end of the message.</returns>
    public bool ReadField()
    {
        if (_position == _message.Length)
        {
            return false;
        }

        var offset = Offset;
        var tag = ReadRawVarint("a field");
        var number = tag >> 3;
        if (number is 0 or > 536_870_911)
        {
            throw new ProtobufFormatException(offset, "expected the number of a field, but found none that protobuf allows");
        }

        Field = (int)number;
        WireType = (tag & 7) switch
        {
            0 => ProtobufWireType.Varint,
            1 => ProtobufWireType.Fixed64,
            2 => ProtobufWireType.LengthDelimited,
            5 => ProtobufWireType.Fixed32,
            var other => throw new ProtobufFormatException(offset, FormattableString.Invariant($"expected a field of a known kind, but found kind {other}")),
        };
        return true;
    }

    /// <summary>Reads an integer, a truth value or an enum.</summary>
    public long ReadInt64()
    {
        Require(ProtobufWireType.Varint);
        return unchecked((long)ReadRawVarint("an integer"));
    }

    /// <summary>Reads text.</summary>
    public string ReadString()
    {
        var bytes = ReadBytes();
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new ProtobufFormatException(Offset - bytes.Length, "expected UTF-8 text, but found other bytes");
        }
    }

    /// <summary>Reads the next of integers that stand side by side without tags.</summary>
    /// <param name="value">The integer.</param>
    /// <returns>False at the end.</returns>
    public bool TryReadPacked(out long value)
    {
        var isMore = _position < _message.Length;
        value = isMore ? unchecked((long)ReadRawVarint("an integer")) : 0;
        return isMore;
    }

    /// <summary>Opens a message within the message.</summary>
    public ProtobufReader ReadMessage()
    {
        var bytes = ReadBytes();
        return new ProtobufReader(bytes, Offset - bytes.Length);
    }

    /// <summary>Passes over the value of the current field.</summary>
    public void Skip()
    {
        switch (WireType)
        {
            case ProtobufWireType.Varint:
                ReadRawVarint("an integer");
                break;
            case ProtobufWireType.Fixed64:
                Advance(sizeof(ulong));
                break;
            case ProtobufWireType.Fixed32:
                Advance(sizeof(uint));
                break;
            default:
                ReadBytes();
                break;
        }
    }

    /// <summary>Whether anything is left of the message.</summary>
    public readonly bool HasMore => _position < _message.Length;

    /// <summary>Reads the next integer of a packed field that <see cref="ReadMessage"/> opened.</summary>
    public long ReadPackedInt64() => unchecked((long)ReadRawVarint("an integer"));

    /// <summary>Reads bytes, text or a message as they stand in memory.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        Require(ProtobufWireType.LengthDelimited);
        var length = ReadRawVarint("a length");
        return Advance(length);
    }

    private ReadOnlySpan<byte> Advance(ulong length)
    {
        var left = _message.Length - _position;
        if (length > (ulong)left)
        {
            throw new ProtobufFormatException(
                Offset, FormattableString.Invariant($"expected {length} bytes for field {Field}, but {left} are left"));
        }

        var bytes = _message.Slice(_position, (int)length);
        _position += (int)length;
        return bytes;
    }

    private readonly void Require(ProtobufWireType expected)
    {
        if (WireType != expected)
        {
            throw new ProtobufFormatException(
                Offset, FormattableString.Invariant($"expected field {Field} to be of kind {expected}, but found kind {WireType}"));
        }
    }

    private ulong ReadRawVarint(string what)
    {
        var offset = Offset;
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_position == _message.Length)
            {
                throw new ProtobufFormatException(offset, $"expected {what}, but the bytes end");
            }

            var next = _message[_position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new ProtobufFormatException(offset, $"expected {what}, but found more than ten bytes of it");
    }
}
