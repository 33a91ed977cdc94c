using System.Buffers.Binary;

namespace Mlp.Spark.Tests.Peer;

/// <summary>The first batch within the bytes of a task, whose lengths a test makes lie.</summary>
internal sealed class ForgedBatch
{
    private const int Prefix = 8;

    private readonly byte[] _task;
    private readonly int _metadata;
    private readonly int _body;

    /// <summary>Finds the batch.</summary>
    /// <param name="task">The task; it is copied.</param>
    public ForgedBatch(byte[] task)
    {
        _task = (byte[])task.Clone();
        Start = _task.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xff, 0xff, 0xff]);
        var batch = Start + Prefix + Int32(Start + 4);
        _metadata = batch + Prefix;
        _body = _metadata + Int32(batch + 4);
    }

    /// <summary>Where the Arrow stream begins.</summary>
    public int Start { get; }

    /// <summary>The task with another number of bytes of values.</summary>
    public byte[] WithBodyLength(long length) => With(Field(Root, 3), length);

    /// <summary>The task with another number of rows.</summary>
    public byte[] WithRows(long rows) => With(Field(Follow(Field(Root, 2)), 0), rows);

    /// <summary>The task whose first packed buffer says that it has another length when it is unpacked.</summary>
    public byte[] WithUnpackedLength(long length)
    {
        for (var buffer = Buffer(0); ; buffer += 16)
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(_task.AsSpan(buffer + 8)) > 0)
            {
                return With(_body + (int)BinaryPrimitives.ReadInt64LittleEndian(_task.AsSpan(buffer)), length);
            }
        }
    }

    /// <summary>The task with another number of bytes of a buffer.</summary>
    /// <param name="buffer">Number of the buffer.</param>
    /// <param name="length">The bytes.</param>
    public byte[] WithBufferLength(int buffer, long length) => With(Buffer(buffer) + 8, length);

    /// <summary>The task with another last offset in a buffer of 32-bit offsets.</summary>
    /// <param name="buffer">Number of the buffer.</param>
    /// <param name="rows">Number of rows that the offsets are of.</param>
    /// <param name="offset">The offset.</param>
    public byte[] WithLastOffset(int buffer, int rows, int offset)
    {
        var forged = (byte[])_task.Clone();
        BinaryPrimitives.WriteInt32LittleEndian(forged.AsSpan(_body + (int)BinaryPrimitives.ReadInt64LittleEndian(_task.AsSpan(Buffer(buffer))) + (rows * sizeof(int))), offset);
        return forged;
    }

    private int Root => Follow(_metadata);

    /// <summary>Position of what is said of a buffer.</summary>
    private int Buffer(int index) => Follow(Field(Follow(Field(Root, 2)), 2)) + 4 + (16 * index);

    private int Int32(int position) => BinaryPrimitives.ReadInt32LittleEndian(_task.AsSpan(position));

    private int Follow(int position) => position + Int32(position);

    /// <summary>Position of a field of a FlatBuffers table.</summary>
    private int Field(int table, int field)
        => table + BinaryPrimitives.ReadUInt16LittleEndian(_task.AsSpan(table - Int32(table) + 4 + (2 * field)));

    private byte[] With(int position, long value)
    {
        var forged = (byte[])_task.Clone();
        BinaryPrimitives.WriteInt64LittleEndian(forged.AsSpan(position), value);
        return forged;
    }
}
