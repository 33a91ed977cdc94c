namespace Mlp.Training.Distributed.Collectives.SharedMemory.Interop;

/// <summary>Bytes from one rank to another through shared memory: one writes, one reads, neither waits. Positions only grow; the other side's are checked before they are believed.</summary>
/// <param name="start">Writer's and reader's position, on a cache line each, and the bytes.</param>
/// <param name="size">Number of bytes, a power of two.</param>
internal sealed unsafe class SharedRing(byte* start, int size)
{
    /// <summary>Bytes before the ring's own.</summary>
    public const int ControlBytes = 256;

    /// <summary>The most that goes in at once, so that the reader begins while the writer goes on.</summary>
    private const int ChunkBytes = 1 << 15;

    private const int Alignment = 64;

    private readonly long* _written = (long*)start;
    private readonly long* _read = (long*)(start + 128);
    private readonly byte* _bytes = start + ControlBytes;
    private long _position;
    private long _other;

    /// <summary>Whether the other side's position makes no sense.</summary>
    public bool IsGarbled { get; private set; }

    /// <summary>Writer: room.</summary>
    private int Room(int wanted)
    {
        if (size - (_position - _other) < wanted)
        {
            _other = Check(Volatile.Read(ref *_read), _other, _position);
        }

        return IsGarbled ? 0 : (int)(size - (_position - _other));
    }

    /// <summary>Writer: whether so many bytes go in at the next multiple of 64, and puts them there.</summary>
    public bool TryWriteAligned(ReadOnlySpan<byte> bytes)
    {
        var padding = (int)(-_position & (Alignment - 1));
        if (Room(padding + bytes.Length) < padding + bytes.Length)
        {
            return false;
        }

        _position += padding;
        Copy(bytes);
        Volatile.Write(ref *_written, _position);
        return true;
    }

    /// <summary>Writer: puts in what there is room for, up to a chunk.</summary>
    /// <returns>How many bytes.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        var wanted = Math.Min(bytes.Length, ChunkBytes);
        var count = Math.Min(wanted, Room(wanted));
        if (count > 0)
        {
            Copy(bytes[..count]);
            Volatile.Write(ref *_written, _position);
        }

        return count;
    }

    /// <summary>Reader: goes to the next multiple of 64.</summary>
    public void Align() => Advance((int)(-_position & (Alignment - 1)));

    /// <summary>Reader: what has come, up to the ring's end.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        if (_other - _position < ChunkBytes)
        {
            _other = CheckWritten(Volatile.Read(ref *_written));
        }

        var offset = (int)(_position & (size - 1));
        return new(_bytes + offset, (int)Math.Clamp(_other - _position, 0, size - offset));
    }

    /// <summary>Reader: gives room back.</summary>
    public void Advance(int count)
    {
        _position += count;
        Volatile.Write(ref *_read, _position);
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        var offset = (int)(_position & (size - 1));
        var first = Math.Min(bytes.Length, size - offset);
        bytes[..first].CopyTo(new Span<byte>(_bytes + offset, first));
        bytes[first..].CopyTo(new Span<byte>(_bytes, bytes.Length - first));
        _position += bytes.Length;
    }

    // The reader may be ahead by the padding before a head that has not come yet.
    private long Check(long found, long least, long most)
    {
        IsGarbled |= found < least || found > most + Alignment;
        return IsGarbled ? least : Math.Min(found, most);
    }

    private long CheckWritten(long found)
    {
        IsGarbled |= found < _other || found - _position > size;
        return IsGarbled ? _other : found;
    }
}
