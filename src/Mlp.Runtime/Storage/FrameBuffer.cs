using System.Buffers;

namespace Mlp.Runtime.Storage;

/// <summary>Whole frames that wait to be written to one place of a file. Not safe for many threads.</summary>
internal sealed class FrameBuffer
{
    /// <summary>Above this size a buffer that turned out too large is given back after its write.</summary>
    private const int RetainedLength = 4 * 1024 * 1024;

    private readonly int _initialLength;
    private byte[] _bytes;
    private int _count;
    private long _start;

    /// <summary>Creates an empty buffer.</summary>
    /// <param name="initialLength">Size before it has to grow, in bytes.</param>
    internal FrameBuffer(int initialLength)
    {
        _initialLength = initialLength;
        _bytes = new byte[initialLength];
    }

    /// <summary>Where the first frame will stand in the file.</summary>
    internal long Start => _start;

    /// <summary>Where the last frame will end in the file.</summary>
    internal long End => _start + _count;

    /// <summary>Number of bytes that wait.</summary>
    internal int Count => _count;

    /// <summary>The frames.</summary>
    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _count);

    /// <summary>Empties the buffer.</summary>
    /// <param name="start">Where its next first frame will stand in the file.</param>
    internal void Reset(long start)
    {
        if (_bytes.Length > RetainedLength && _count < _bytes.Length / 4)
        {
            _bytes = new byte[_initialLength];
        }

        _start = start;
        _count = 0;
    }

    /// <summary>Adds magic and version, which stand before the first frame of a file.</summary>
    internal void AddPreamble()
    {
        FrameLogFormat.WritePreamble(Grow(FrameLogFormat.PreambleLength));
        _count += FrameLogFormat.PreambleLength;
    }

    /// <summary>Adds a frame whose payload is two pieces one behind the other.</summary>
    /// <param name="first">First piece.</param>
    /// <param name="second">Second piece.</param>
    /// <param name="flags">Flags of the frame.</param>
    internal void Add(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, uint flags)
    {
        var payloadLength = first.Length + second.Length;
        var frame = Grow(FrameLogFormat.FrameLength(payloadLength));
        first.CopyTo(frame[FrameLogFormat.FrameHeaderLength..]);
        second.CopyTo(frame[(FrameLogFormat.FrameHeaderLength + first.Length)..]);
        Seal(frame, payloadLength, flags);
    }

    /// <summary>Adds a frame whose payload is a sequence.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="flags">Flags of the frame.</param>
    internal void Add(in ReadOnlySequence<byte> payload, uint flags)
    {
        var payloadLength = (int)payload.Length;
        var frame = Grow(FrameLogFormat.FrameLength(payloadLength));
        payload.CopyTo(frame[FrameLogFormat.FrameHeaderLength..]);
        Seal(frame, payloadLength, flags);
    }

    private void Seal(Span<byte> frame, int payloadLength, uint flags)
    {
        FrameLogFormat.SealFrame(frame, payloadLength, flags, End);
        _count += frame.Length;
    }

    private Span<byte> Grow(int length)
    {
        if (_bytes.Length - _count < length)
        {
            var wanted = Math.Max((long)_count + length, Math.Min(2L * _bytes.Length, Array.MaxLength));
            Array.Resize(ref _bytes, checked((int)wanted));
        }

        return _bytes.AsSpan(_count, length);
    }
}
