using Mlp.Training.Distributed.Collectives.SharedMemory.Interop;
using Mlp.Training.Distributed.Collectives.Tcp;

namespace Mlp.Training.Distributed.Collectives.SharedMemory;

/// <summary>A link between two ranks of one host: a ring for each direction.</summary>
/// <param name="peer">The other rank's place in the group.</param>
/// <param name="outgoing">The ring to it.</param>
/// <param name="incoming">The ring from it.</param>
/// <param name="bell">Wakes it.</param>
internal sealed class SharedLink(int peer, SharedRing outgoing, SharedRing incoming, SharedBell bell) : PeerLink(peer)
{
    private readonly byte[] _head = new byte[HeadBytes];
    private bool _hasHead;

    /// <inheritdoc/>
    public override bool HasUnsent => _hasHead && !IsBroken;

    /// <inheritdoc/>
    public override void QueueHead(ReadOnlySpan<byte> head)
    {
        head.CopyTo(_head);
        _hasHead = true;
    }

    /// <inheritdoc/>
    public override bool Flush()
    {
        if (!_hasHead || !outgoing.TryWriteAligned(_head))
        {
            IsBroken |= outgoing.IsGarbled;
            return false;
        }

        _hasHead = false;
        bell.Ring();
        return true;
    }

    /// <inheritdoc/>
    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (_hasHead && !Flush())
        {
            return IsBroken ? bytes.Length : 0;
        }

        var count = outgoing.Write(bytes);
        IsBroken |= outgoing.IsGarbled;
        if (count > 0)
        {
            bell.Ring();
        }

        return count;
    }

    /// <inheritdoc/>
    public override void AlignRead() => incoming.Align();

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Peek()
    {
        var here = incoming.Peek();
        IsBroken |= incoming.IsGarbled;
        return here;
    }

    /// <inheritdoc/>
    public override void Consume(int count)
    {
        incoming.Advance(count);
        bell.Ring();
    }

    /// <inheritdoc/>
    public override int TryRead(Span<byte> bytes)
    {
        var here = Peek();
        var count = Math.Min(here.Length, bytes.Length);
        if (count > 0)
        {
            here[..count].CopyTo(bytes);
            Consume(count);
        }

        return count;
    }

    /// <inheritdoc/>
    public override void EndWriting()
    {
        // What lies in the ring stays there.
    }

    /// <inheritdoc/>
    public override void Dispose() => IsBroken = true;
}
