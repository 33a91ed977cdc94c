using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Segments;

/// <summary>The payloads of a log, one behind the other, as a stream to read. It ends where the log's valid part ends. The reader stays open.</summary>
/// <param name="reader">The log.</param>
/// <param name="preamble">Bytes that come before the first payload, for a log that is read from its middle.</param>
internal sealed class FrameStream(FrameLogReader reader, ReadOnlyMemory<byte> preamble = default) : Stream
{
    private ReadOnlyMemory<byte> _rest = preamble;

    /// <summary>Whether the payloads are used up. Looks at the next frame, so that a log without a first one is not mistaken for a broken stream.</summary>
    public bool IsAtEnd => !MoveToBytes();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (!MoveToBytes())
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool MoveToBytes()
    {
        while (_rest.IsEmpty)
        {
            if (!reader.Read())
            {
                return false;
            }

            _rest = reader.Payload;
        }

        return true;
    }
}
