namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>A stream of bytes to another rank and one from it. Nothing here waits; used by one thread.</summary>
/// <param name="peer">The other rank's place in the group.</param>
internal abstract class PeerLink(int peer) : IDisposable
{
    /// <summary>Bytes that <see cref="Peek"/> never cuts: the head of a call, or a value.</summary>
    public const int HeadBytes = 64;

    /// <summary>The other rank's place in the group.</summary>
    public int Peer => peer;

    /// <summary>Whether the other side is gone or has garbled the stream. Nothing comes then, and what is sent is lost: a rank that needs nothing more may have left.</summary>
    public bool IsBroken { get; protected set; }

    /// <summary>Whether a head waits to be sent; values go after it.</summary>
    public abstract bool HasUnsent { get; }

    /// <summary>Puts the head of a call in line. What was in line before has been sent.</summary>
    /// <param name="head">Of <see cref="HeadBytes"/> bytes.</param>
    public abstract void QueueHead(ReadOnlySpan<byte> head);

    /// <summary>Sends what is in line, as far as there is room.</summary>
    /// <returns>Whether anything was sent.</returns>
    public abstract bool Flush();

    /// <summary>Sends what is in line and as many of the bytes as there is room for.</summary>
    /// <returns>How many of the bytes were taken.</returns>
    public abstract int TryWrite(ReadOnlySpan<byte> bytes);

    /// <summary>Before a head is read: skips what fills up the call before.</summary>
    public abstract void AlignRead();

    /// <summary>Bytes that have come, some or all of them; valid until the next call.</summary>
    public abstract ReadOnlySpan<byte> Peek();

    /// <summary>Forgets the first bytes of <see cref="Peek"/>.</summary>
    public abstract void Consume(int count);

    /// <summary>Takes bytes that have come.</summary>
    /// <returns>How many.</returns>
    public abstract int TryRead(Span<byte> bytes);

    /// <summary>Says to the other side that nothing more will be sent. What was sent before still arrives, as long as the link is not disposed with bytes that have come and are unread.</summary>
    public abstract void EndWriting();

    /// <inheritdoc/>
    public abstract void Dispose();
}
