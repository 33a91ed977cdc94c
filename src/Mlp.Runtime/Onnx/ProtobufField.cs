using System.Numerics;

namespace Mlp.Runtime.Onnx;

/// <summary>One field of a <see cref="ProtobufMessage"/>: the bytes that were read, and the message in it once that has been opened.</summary>
internal sealed class ProtobufField
{
    private readonly ProtobufWireType _wireType;
    private readonly ReadOnlyMemory<byte> _raw;
    private readonly long _offset;

    /// <summary>A field that was read.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="wireType">How its value is encoded.</param>
    /// <param name="raw">Tag and value as they stand in the file.</param>
    /// <param name="payload">The value without its length.</param>
    /// <param name="offset">Offset of the payload in the file, for errors.</param>
    public ProtobufField(int number, ProtobufWireType wireType, ReadOnlyMemory<byte> raw, ReadOnlyMemory<byte> payload, long offset)
    {
        Number = number;
        Payload = payload;
        _wireType = wireType;
        _raw = raw;
        _offset = offset;
    }

    /// <summary>Number of the field.</summary>
    public int Number { get; }

    /// <summary>The value without its length.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The message in it; null until it is opened.</summary>
    public ProtobufMessage? Child { get; private set; }

    /// <summary>Tag and value as they stand in the file; empty for a new message.</summary>
    public ReadOnlyMemory<byte> Raw => _raw;

    /// <summary>Whether the message in it must be written anew.</summary>
    public bool IsRewritten => IsNew || Child is { IsChanged: true };

    private bool IsNew { get; init; }

    /// <summary>A new field of bytes.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="payload">Its bytes.</param>
    public static ProtobufField Of(int number, byte[] payload)
    {
        var raw = new byte[HeaderLength(number, payload.Length) + payload.Length];
        payload.CopyTo(WriteHeader(number, payload.Length, raw));
        return new ProtobufField(number, ProtobufWireType.LengthDelimited, raw, payload, offset: 0);
    }

    /// <summary>A new field of a message.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="message">The message.</param>
    public static ProtobufField Of(int number, ProtobufMessage message)
        => new(number, ProtobufWireType.LengthDelimited, default, default, offset: 0) { Child = message, IsNew = true };

    /// <summary>Bytes of tag and length.</summary>
    /// <param name="number">Number of the field.</param>
    /// <param name="length">Length of its payload.</param>
    public static int HeaderLength(int number, long length) => VarintLength(((ulong)number << 3) | 2) + VarintLength((ulong)length);

    /// <summary>Writes tag and length.</summary>
    /// <param name="number">Number of the field.</param>
    /// <param name="length">Length of its payload.</param>
    /// <param name="destination">Receives them.</param>
    /// <returns>What is left of the destination.</returns>
    public static Span<byte> WriteHeader(int number, long length, Span<byte> destination)
        => WriteVarint((ulong)length, WriteVarint(((ulong)number << 3) | 2, destination));

    /// <summary>Opens the message in it.</summary>
    public ProtobufMessage Open()
    {
        if (Child is null)
        {
            Require(ProtobufWireType.LengthDelimited);
            Child = ProtobufMessage.Parse(Payload, _offset);
        }

        return Child;
    }

    /// <summary>Reads an integer.</summary>
    public long ReadInt64()
    {
        Require(ProtobufWireType.Varint);
        var reader = new ProtobufReader(_raw.Span, _offset);
        reader.ReadField();
        return reader.ReadInt64();
    }

    /// <summary>Reads one integer, or as many as are packed.</summary>
    /// <param name="values">Receives them.</param>
    public void ReadInt64s(List<long> values)
    {
        if (_wireType == ProtobufWireType.Varint)
        {
            values.Add(ReadInt64());
            return;
        }

        Require(ProtobufWireType.LengthDelimited);
        var reader = new ProtobufReader(Payload.Span, _offset);
        while (reader.TryReadPacked(out var value))
        {
            values.Add(value);
        }
    }

    private void Require(ProtobufWireType expected)
    {
        if (_wireType != expected)
        {
            throw new ProtobufFormatException(_offset, FormattableString.Invariant($"expected field {Number} to be of kind {expected}, but found kind {_wireType}"));
        }
    }

    private static int VarintLength(ulong value) => Math.Max(1, (BitOperations.Log2(value) / 7) + 1);

    private static Span<byte> WriteVarint(ulong value, Span<byte> destination)
    {
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[length++] = (byte)(value | 0x80);
        }

        destination[length++] = (byte)value;
        return destination[length..];
    }
}
