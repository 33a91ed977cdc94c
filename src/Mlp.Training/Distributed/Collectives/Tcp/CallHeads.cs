namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Compares the heads that other ranks send with this rank's own calls, also those of calls in which this rank needed nothing from them.</summary>
/// <param name="worldSize">Ranks of the group.</param>
/// <param name="rank">This rank.</param>
internal sealed class CallHeads(int worldSize, int rank)
{
    private const int HistoryLength = 128;

    private readonly byte[] _history = new byte[HistoryLength * CallHead.Bytes];
    private readonly byte[] _own = new byte[CallHead.Bytes];
    private readonly byte[] _expected = new byte[CallHead.Bytes];
    private readonly long[] _seen = new long[worldSize];
    private long _calls;
    private bool _isPair;
    private bool _isPairSeen;

    /// <summary>How a head compares.</summary>
    internal enum Finding
    {
        /// <summary>The head of the call has not come.</summary>
        NotYet,

        /// <summary>It has come, now or before, and is equal.</summary>
        Equal,

        /// <summary>The other rank makes another call.</summary>
        Different,

        /// <summary>What came is no head.</summary>
        Foreign,
    }

    /// <summary>A call begins.</summary>
    /// <returns>The head to send.</returns>
    public ReadOnlySpan<byte> Begin(in CollectiveCall call)
    {
        CallHead.Write(call, _own);
        _isPair = call.Kind is CollectiveKind.Send or CollectiveKind.Receive;
        if (_isPair)
        {
            _isPairSeen = false;
            var kind = call.Kind == CollectiveKind.Send ? CollectiveKind.Receive : CollectiveKind.Send;
            CallHead.Write(call with { Kind = kind, Root = rank }, _expected);
        }
        else
        {
            _calls = call.Sequence + 1;
            _own.CopyTo(_history.AsSpan((int)(call.Sequence % HistoryLength) * CallHead.Bytes));
        }

        return _own;
    }

    /// <summary>Whether the head of the call under way has come from a rank.</summary>
    public bool HasCome(int peer) => _isPair ? _isPairSeen : _seen[peer] == _calls;

    /// <summary>Looks for the head of the call under way.</summary>
    public Finding Look(PeerLink link)
    {
        while (!HasCome(link.Peer))
        {
            link.AlignRead();
            var head = link.Peek();
            if (head.Length < CallHead.Bytes)
            {
                return Finding.NotYet;
            }

            head = head[..CallHead.Bytes];
            if (!CallHead.IsValid(head))
            {
                return Finding.Foreign;
            }

            if (!Fits(head, link.Peer))
            {
                return Finding.Different;
            }

            link.Consume(CallHead.Bytes);
        }

        return Finding.Equal;
    }

    private bool Fits(ReadOnlySpan<byte> head, int peer)
    {
        if (CallHead.Kind(head) is CollectiveKind.Send or CollectiveKind.Receive)
        {
            return _isPair && (_isPairSeen = head.SequenceEqual(_expected));
        }

        // A rank sends no head in calls whose values take another way.
        var sequence = CallHead.Sequence(head);
        if (sequence < _seen[peer] || sequence >= _calls)
        {
            return false;
        }

        _seen[peer] = sequence + 1;
        var isKnown = sequence >= _calls - HistoryLength;
        return !isKnown || head.SequenceEqual(_history.AsSpan((int)(sequence % HistoryLength) * CallHead.Bytes, CallHead.Bytes));
    }
}
