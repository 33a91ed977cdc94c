using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Distributed.Collectives.Tcp;

// Calls that move values and leave them as they are.
internal sealed partial class TcpBackend
{
    private CallRoute _route = CallRoute.None;
    private int _met;
    private int _expected;

    /// <summary>Sends and receives what <see cref="_transfers"/> says.</summary>
    /// <param name="call">The call.</param>
    /// <param name="source">Where what goes out lies.</param>
    /// <param name="target">Where what comes in is put.</param>
    /// <param name="awaitsAll">Whether all ranks are waited for, also those that send nothing.</param>
    private void Move(in CollectiveCall call, ReadOnlySpan<byte> source, Span<byte> target, bool awaitsAll = false)
    {
        using var turn = Begin(call, _peers);
        while (true)
        {
            var (hasMoved, isDone) = (false, true);
            foreach (var link in _peers)
            {
                hasMoved |= MoveOne(call, link, source, target, awaitsAll, ref isDone);
            }

            if (isDone)
            {
                return;
            }

            Pass(call, hasMoved);
        }
    }

    private void MovePair(in CollectiveCall call, Transfer transfer, ReadOnlySpan<byte> source, Span<byte> target)
    {
        var link = _links[call.Root]!;
        _transfers[link.Peer] = transfer;
        using var turn = Begin(call, [link]);
        for (var isDone = false; !isDone;)
        {
            isDone = true;
            var hasMoved = MoveOne(call, link, source, target, awaitsHead: true, ref isDone);
            if (!isDone)
            {
                Pass(call, hasMoved);
            }
        }
    }

    private bool MoveOne(in CollectiveCall call, PeerLink link, ReadOnlySpan<byte> source, Span<byte> target, bool awaitsHead, ref bool isDone)
    {
        ref var transfer = ref _transfers[link.Peer];
        var hasMoved = false;
        if (transfer.OutLength > 0)
        {
            var count = link.TryWrite(source.Slice(transfer.OutStart, transfer.OutLength));
            transfer.OutStart += count;
            transfer.OutLength -= count;
            hasMoved = count > 0;
        }
        else if (link.HasUnsent)
        {
            hasMoved = link.Flush();
        }

        var hasHead = Meet(call, link);
        if (hasHead && transfer.InLength > 0)
        {
            var count = link.TryRead(target.Slice(transfer.InStart, transfer.InLength));
            transfer.InStart += count;
            transfer.InLength -= count;
            hasMoved |= count > 0;
        }

        var (input, output) = (transfer.InLength > 0 || (awaitsHead && !hasHead), transfer.OutLength > 0 || link.HasUnsent);
        _wait.Await(link.Peer, input, output);
        isDone &= !input && !output;
        return hasMoved;
    }

    /// <summary>Begins a call that goes to some ranks.</summary>
    private Turn BeginAmong(in CollectiveCall call, CallRoute route)
    {
        var turn = Begin(call, route.Outgoing);
        (_route, _expected) = (route, route.Incoming.Length);
        return turn;
    }

    /// <summary>Ends a call of a route: what is in line goes out, and heads of ranks from which nothing was needed are looked at, so that they do not pile up.</summary>
    private void Conclude(in CollectiveCall call)
    {
        LookAround(call);
        while (true)
        {
            var (hasMoved, isDone) = (false, true);
            foreach (var link in _route.Outgoing)
            {
                hasMoved |= link.HasUnsent && link.Flush();
                _wait.Await(link.Peer, false, link.HasUnsent);
                isDone &= !link.HasUnsent;
            }

            if (isDone)
            {
                return;
            }

            Pass(call, hasMoved);
        }
    }

    private void LookAround(in CollectiveCall call)
    {
        foreach (var link in _route.Incoming)
        {
            Meet(call, link);
        }
    }

    private Turn Begin(in CollectiveCall call, ReadOnlySpan<PeerLink> links)
    {
        _idle.Wait(CancellationToken.None);
        var turn = new Turn(this);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Open(call, links);
            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    private void Open(in CollectiveCall call, ReadOnlySpan<PeerLink> links)
    {
        _wait.Begin(call);
        (_route, _met, _expected) = (CallRoute.None, 0, _peers.Length);
        var head = _heads.Begin(call);
        foreach (var link in _peers)
        {
            _wait.Await(link.Peer, false, false);
        }

        foreach (var link in links)
        {
            link.QueueHead(head);
        }
    }

    /// <summary>Whether a rank has come to the call; throws where it makes another.</summary>
    private bool Meet(in CollectiveCall call, PeerLink link)
    {
        if (_heads.HasCome(link.Peer))
        {
            return true;
        }

        switch (_heads.Look(link))
        {
            case CallHeads.Finding.NotYet:
                return false;
            case CallHeads.Finding.Different:
                var compared = Compared(call, link);
                var other = CollectiveSentences.Describe(compared, _group.Name);
                _wait.Fail(compared, TroubleKind.Mismatch, link.Peer, new CollectiveMismatchException($"Expected rank {link.Peer} to make the call of rank {Rank}, {other}, but it makes another.")
                {
                    Ranks = [link.Peer],
                    Call = compared.Kind,
                    Sequence = compared.Sequence,
                    Tensor = compared.Tensor,
                });
                break;
            case CallHeads.Finding.Foreign:
                const string Garbled = "what came from it is no head of a call";
                _wait.Fail(call, TroubleKind.Stated, link.Peer, CollectiveSentences.Lost(call, _group.Name, link.Peer, Garbled));
                break;
        }

        if (++_met == _expected)
        {
            Observer?.Met(call, link.Peer);
        }

        return true;
    }

    // A rank that comes late is at a call that this one has left, since it needed nothing from it there.
    private CollectiveCall Compared(in CollectiveCall call, PeerLink link)
    {
        var head = link.Peek();
        return CallHead.Kind(head) is not (CollectiveKind.Send or CollectiveKind.Receive) && _group.Find(CallHead.Sequence(head)) is { } earlier ? earlier : call;
    }

    private void Pass(in CollectiveCall call, bool hasMoved)
    {
        if (hasMoved)
        {
            _wait.Restart();
        }
        else if (!FlushHeads())
        {
            LookAround(call);
            _wait.Pass(call);
        }
    }

    /// <summary>Heads for ranks to which values go later leave early, so that they see a call of another kind at once.</summary>
    private bool FlushHeads()
    {
        var hasMoved = false;
        foreach (var link in _route.Outgoing)
        {
            hasMoved |= link.HasUnsent && link.Flush();
        }

        return hasMoved;
    }

    /// <summary>A call under way: the memory behind it stays until it has ended.</summary>
    private readonly ref struct Turn(TcpBackend backend) : IDisposable
    {
        public void Dispose()
        {
            backend._group.End();
            backend._idle.Release();
        }
    }
}
