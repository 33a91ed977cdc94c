using System.Buffers.Binary;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>One Arrow stream within the data of a task: every message of it is checked before Arrow sees it. It reads nothing beyond the end of that stream. Not thread-safe.</summary>
/// <param name="input">The connection.</param>
internal sealed class ArrowMessageStream(ProtocolReader input) : Stream
{
    private const uint Continuation = 0xFFFFFFFF;
    private const int PrefixLength = 8;

    private byte[] _message = new byte[1024];
    private int _taken;
    private int _length;
    private int _bodyLeft;
    private bool _isFirst = true;
    private bool _isEnded;

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

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_taken == _length && _bodyLeft == 0 && !_isEnded)
        {
            Advance();
        }

        if (_taken < _length)
        {
            var count = Math.Min(buffer.Length, _length - _taken);
            _message.AsSpan(_taken, count).CopyTo(buffer);
            _taken += count;
            return count;
        }

        if (_bodyLeft == 0 || buffer.Length == 0)
        {
            return 0;
        }

        var read = input.Read(buffer[..Math.Min(buffer.Length, _bodyLeft)]);
        _bodyLeft -= read;
        return read > 0 ? read : throw new EndOfStreamException("Expected the values of a batch, but the connection ended.");
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

    private void Advance()
    {
        input.ReadExactly(_message, 0, PrefixLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(_message) != Continuation)
        {
            throw new ProtocolException("Expected a message of an Arrow stream, but found other bytes.");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(_message.AsSpan(sizeof(int)));
        if (length is < 0 or > ProtocolLimits.MetadataLength)
        {
            throw new ProtocolException(FormattableString.Invariant($"Expected at most {ProtocolLimits.MetadataLength} bytes that describe a schema or batch, but found {length}."));
        }

        (_taken, _length) = (0, PrefixLength + length);
        if (length == 0)
        {
            _isEnded = true;
            return;
        }

        if (_message.Length < _length)
        {
            System.Array.Resize(ref _message, _length);
        }

        input.ReadExactly(_message, PrefixLength, length);
        _bodyLeft = ArrowMessage.Check(_message.AsSpan(PrefixLength, length), _isFirst);
        _isFirst = false;
    }
}
