using Mlp.Training.Distributed.Collectives.Tcp;

namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

// How calls begin: ranks compare what they want.
internal sealed unsafe partial class MpiBackend
{
    private const int PayloadBytes = MpiMemory.FrameBytes - CallHead.Bytes;
    private const int MessageTag = 1;
    private const int ValuesTag = 2;

    /// <inheritdoc/>
    public override void Send(in CollectiveCall call, ReadOnlySpan<byte> values)
    {
        using var turn = Open(call);
        MeetPeer(call);
        fixed (byte* source = values)
        {
            _library.Send((nint)source, values.Length, call.Root, ValuesTag, awaitsReceiver: true, _communicator, _memory.Requests);
            AwaitValues(call);
        }
    }

    /// <inheritdoc/>
    public override void Receive(in CollectiveCall call, Span<byte> values)
    {
        using var turn = Open(call);
        MeetPeer(call);
        fixed (byte* target = values)
        {
            _library.Receive((nint)target, values.Length, call.Root, ValuesTag, _communicator, _memory.Requests);
            AwaitValues(call);
        }
    }

    /// <summary>Begins a call of all ranks.</summary>
    /// <param name="call">The call.</param>
    /// <param name="payload">What goes to all with the head.</param>
    private Turn Begin(in CollectiveCall call, ReadOnlySpan<byte> payload = default)
    {
        var turn = Open(call);
        try
        {
            if (_settings.ChecksCalls)
            {
                Meet(call, payload);
            }

            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    private Turn Open(in CollectiveCall call)
    {
        _idle.Wait(CancellationToken.None);
        var turn = new Turn(this);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _wait.Begin(call);
            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    private void Meet(in CollectiveCall call, ReadOnlySpan<byte> payload)
    {
        var own = Frame(Rank);
        CallHead.Write(call, own[..CallHead.Bytes]);
        payload.CopyTo(own[CallHead.Bytes..]);
        _library.AllGather((nint)_memory.Frames, _memory.FrameCounts, _memory.FrameStarts, _communicator, _memory.Requests);
        _wait.AwaitRanks(call, -1, _memory.Requests, 1, _lookForMessages);
        for (var rank = 0; rank < WorldSize; rank++)
        {
            if (!Frame(rank)[..CallHead.Bytes].SequenceEqual(own[..CallHead.Bytes]))
            {
                throw _wait.Mismatch(call, rank);
            }
        }

        Observer?.Met(call, -1);
    }

    private void MeetPeer(in CollectiveCall call)
    {
        if (!_settings.ChecksCalls)
        {
            return;
        }

        var own = new Span<byte>(_memory.SentMessage, MpiMemory.FrameBytes);
        var other = new Span<byte>(_memory.ReceivedMessage, MpiMemory.FrameBytes);
        CallHead.Write(call, own[..CallHead.Bytes]);
        BitConverter.TryWriteBytes(own[CallHead.Bytes..], _group.Begun);
        _library.Send((nint)_memory.SentMessage, MpiMemory.FrameBytes, call.Root, MessageTag, awaitsReceiver: false, _communicator, _memory.Requests);
        var isEarly = _earlyMessages[call.Root] is { Count: > 0 };
        if (isEarly)
        {
            _earlyMessages[call.Root].Dequeue().CopyTo(other);
        }
        else
        {
            _library.Receive((nint)_memory.ReceivedMessage, MpiMemory.FrameBytes, call.Root, MessageTag, _communicator, _memory.Requests + 1);
        }

        _wait.AwaitRanks(call, call.Root, _memory.Requests, isEarly ? 1 : 2);
        Span<byte> expected = stackalloc byte[CallHead.Bytes];
        CallHead.Write(call with { Kind = call.Kind == CollectiveKind.Send ? CollectiveKind.Receive : CollectiveKind.Send, Root = Rank }, expected);
        if (!other[..CallHead.Bytes].SequenceEqual(expected))
        {
            throw _wait.Mismatch(call, call.Root);
        }

        Observer?.Met(call, -1);
    }

    /// <summary>A rank that waits in Send or Receive for this one, and has not come to this call, never will: each waits for the other.</summary>
    private void LookForMessages(in CollectiveCall call)
    {
        for (var rank = 0; rank < WorldSize; rank++)
        {
            if (rank == Rank || !_library.HasCome(rank, MessageTag, _communicator))
            {
                continue;
            }

            var request = _memory.Requests + 1;
            _library.Receive((nint)_memory.ReceivedMessage, MpiMemory.FrameBytes, rank, MessageTag, _communicator, request);
            _wait.AwaitRanks(call, rank, request, 1);
            var message = new ReadOnlySpan<byte>(_memory.ReceivedMessage, MpiMemory.FrameBytes);
            if (BitConverter.ToInt64(message[CallHead.Bytes..]) <= call.Sequence)
            {
                throw _wait.Mismatch(call, rank);
            }

            (_earlyMessages[rank] ??= new()).Enqueue(message.ToArray());
        }
    }

    private Span<byte> Frame(int rank) => new(_memory.Frames + ((nint)rank * MpiMemory.FrameBytes), MpiMemory.FrameBytes);

    /// <summary>A call under way: the memory behind it stays until it has ended.</summary>
    private readonly ref struct Turn(MpiBackend backend) : IDisposable
    {
        public void Dispose()
        {
            backend._group.End();
            backend._idle.Release();
        }
    }
}
