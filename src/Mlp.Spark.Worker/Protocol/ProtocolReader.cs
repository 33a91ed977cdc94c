using System.Buffers.Binary;
using System.Text;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>Reads what Java's DataOutputStream writes, big-endian, and is the stream that Arrow's data comes from. Not thread-safe.</summary>
/// <param name="source">Where the bytes come from; it stays the caller's.</param>
internal sealed class ProtocolReader(Stream source) : Stream
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether nothing more comes. Waits until that is known.</summary>
    public bool IsAtEnd() => !TryFill(1);

    /// <summary>Looks at the next bytes without taking them.</summary>
    /// <param name="count">Number of bytes, at most 64.</param>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    public ReadOnlySpan<byte> Peek(int count)
    {
        Fill(count);
        return _buffer.AsSpan(_start, count);
    }

    /// <summary>Reads an int32.</summary>
    /// <exception cref="EndOfStreamException">The bytes end.</exception>
    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

    /// <summary>Reads an int64.</summary>
    /// <exception cref="EndOfStreamException">The bytes end.</exception>
    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

    /// <summary>Reads a truth value.</summary>
    /// <param name="what">What it says, for messages.</param>
    /// <exception cref="EndOfStreamException">The bytes end.</exception>
    /// <exception cref="ProtocolException">It is neither 0 nor 1.</exception>
    public bool ReadBoolean(string what) => Take(1)[0] switch
    {
        0 => false,
        1 => true,
        var other => throw new ProtocolException(FormattableString.Invariant($"Expected {what} as 0 or 1, but found {other}.")),
    };

    /// <summary>Reads how many of something follow.</summary>
    /// <param name="what">What follows, for messages.</param>
    /// <param name="limit">The most there may be.</param>
    /// <exception cref="EndOfStreamException">The bytes end.</exception>
    /// <exception cref="ProtocolException">It is negative or too much.</exception>
    public int ReadCount(string what, int limit)
    {
        var count = ReadInt32();
        return count >= 0 && count <= limit ? count : throw new ProtocolException(FormattableString.Invariant($"Expected {what} from 0 to {limit}, but found {count}."));
    }

    /// <summary>Reads bytes with their length before them.</summary>
    /// <param name="what">What they are, for messages.</param>
    /// <param name="limit">The most there may be.</param>
    /// <exception cref="EndOfStreamException">The bytes end.</exception>
    /// <exception cref="ProtocolException">The length is negative or too much.</exception>
    public byte[] ReadBytes(string what, int limit)
    {
        var length = ReadCount($"the length of {what}", limit);
        if (length <= _buffer.Length)
        {
            var small = new byte[length];
            ReadExactly(small);
            return small;
        }

        // A length may lie: nothing is allocated for bytes that have not come.
        using var bytes = new MemoryStream(_buffer.Length);
        while (bytes.Length < length)
        {
            Fill(1);
            var count = (int)Math.Min(_end - _start, length - bytes.Length);
            bytes.Write(Take(count));
        }

        return bytes.ToArray();
    }

    /// <summary>Reads text with its length in bytes before it.</summary>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="EndOfStreamException">The bytes end.</exception>
    /// <exception cref="ProtocolException">The length is negative or too much, or the text is no UTF-8.</exception>
    public string ReadText(string what)
    {
        try
        {
            return Utf8.GetString(ReadBytes(what, ProtocolLimits.TextLength));
        }
        catch (DecoderFallbackException e)
        {
            throw new ProtocolException($"Expected {what} as UTF-8, but found other bytes.", e);
        }
    }

    /// <summary>Passes over bytes with their length before them, without keeping them.</summary>
    /// <param name="what">What they are, for messages.</param>
    /// <exception cref="EndOfStreamException">The bytes end.</exception>
    /// <exception cref="ProtocolException">The length is negative or too much.</exception>
    public void SkipBytes(string what)
    {
        var left = ReadCount($"the length of {what}", ProtocolLimits.TextLength);
        while (left > 0)
        {
            Fill(1);
            var count = Math.Min(left, _end - _start);
            Take(count);
            left -= count;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_start == _end && buffer.Length >= _buffer.Length)
        {
            return source.Read(buffer);
        }

        if (buffer.Length == 0 || !TryFill(1))
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, _end - _start);
        Take(count).CopyTo(buffer);
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private ReadOnlySpan<byte> Take(int count)
    {
        Fill(count);
        _start += count;
        return _buffer.AsSpan(_start - count, count);
    }

    private void Fill(int count)
    {
        if (!TryFill(count))
        {
            throw new EndOfStreamException("Expected more bytes of a task, but the connection ended.");
        }
    }

    private bool TryFill(int count)
    {
        while (_end - _start < count)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }

            var read = source.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }
}
