using System.Buffers.Binary;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>A table of a FlatBuffers message, every step of which is checked to stay within the message.</summary>
internal readonly ref struct FlatTable
{
    private readonly ReadOnlySpan<byte> _message;
    private readonly int _position;
    private readonly int _fields;
    private readonly int _fieldsLength;

    private FlatTable(ReadOnlySpan<byte> message, int position)
    {
        _message = message;
        _position = position;
        _fields = Within(position - ReadInt32(message, position), message.Length);
        _fieldsLength = Read16(message, _fields);
        Within(_fields + _fieldsLength, message.Length + 1);
    }

    /// <summary>The table that a message begins with.</summary>
    /// <param name="message">The message.</param>
    /// <exception cref="ProtocolException">It leads beyond the message.</exception>
    public static FlatTable RootOf(ReadOnlySpan<byte> message) => new(message, Follow(message, 0));

    /// <summary>Reads a byte.</summary>
    /// <param name="field">Number of the field.</param>
    /// <returns>0 where the field is absent.</returns>
    public byte Byte(int field) => Find(field) is > 0 and var position ? _message[Within(position, _message.Length)] : (byte)0;

    /// <summary>Reads an int64.</summary>
    /// <param name="field">Number of the field.</param>
    /// <returns>0 where the field is absent.</returns>
    public long Int64(int field)
        => Find(field) is > 0 and var position ? BinaryPrimitives.ReadInt64LittleEndian(_message[Within(position, _message.Length - 7)..]) : 0;

    /// <summary>Whether a field is there.</summary>
    /// <param name="field">Number of the field.</param>
    public bool Has(int field) => Find(field) > 0;

    /// <summary>The table of a field.</summary>
    /// <param name="field">Number of the field.</param>
    /// <exception cref="ProtocolException">It is absent or leads beyond the message.</exception>
    public FlatTable Table(int field)
        => Find(field) is > 0 and var position ? new FlatTable(_message, Follow(_message, position)) : throw Broken();

    /// <summary>Number of elements of a vector.</summary>
    /// <param name="field">Number of the field.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <returns>0 where the field is absent.</returns>
    /// <exception cref="ProtocolException">It leads beyond the message.</exception>
    public int Count(int field, int size)
    {
        if (Find(field) is not (> 0 and var position))
        {
            return 0;
        }

        var vector = Follow(_message, position);
        var count = ReadInt32(_message, vector);
        return count >= 0 && vector + sizeof(int) + ((long)count * size) <= _message.Length ? count : throw Broken();
    }

    /// <summary>A table of a vector.</summary>
    /// <param name="field">Number of the field.</param>
    /// <param name="index">Index of the table, less than <see cref="Count"/>.</param>
    /// <exception cref="ProtocolException">It leads beyond the message.</exception>
    public FlatTable Element(int field, int index)
        => new(_message, Follow(_message, Follow(_message, Find(field)) + sizeof(int) + (index * sizeof(int))));

    /// <summary>Position of a field; 0 where it is absent.</summary>
    private int Find(int field)
    {
        var entry = 4 + (2 * field);
        var offset = entry + 2 <= _fieldsLength ? Read16(_message, _fields + entry) : 0;
        return offset == 0 ? 0 : Within(_position + offset, _message.Length);
    }

    private static int Follow(ReadOnlySpan<byte> message, int position)
    {
        var step = ReadInt32(message, position);
        return step > 0 ? Within((long)position + step, message.Length) : throw Broken();
    }

    private static int ReadInt32(ReadOnlySpan<byte> message, int position) => BinaryPrimitives.ReadInt32LittleEndian(message[Within(position, message.Length - 3)..]);

    private static int Read16(ReadOnlySpan<byte> message, int position) => BinaryPrimitives.ReadUInt16LittleEndian(message[Within(position, message.Length - 1)..]);

    private static int Within(long position, int end) => position >= 0 && position < end ? (int)position : throw Broken();

    private static ProtocolException Broken() => new("Expected the description of an Arrow schema or batch, but found one that leads beyond its bytes.");
}
