namespace Mlp.Training.Distributed.Collectives.InProcess;

/// <summary>
/// The way from one rank to another. The sender offers a message and waits; the receiver takes it, copies and says that it is done. An offer that nobody has taken can be withdrawn, one that was taken cannot: the sender's memory is
/// being read then.
/// </summary>
/// <param name="group">What the ranks share.</param>
/// <param name="sender">Who sends.</param>
/// <param name="receiver">Who receives.</param>
internal sealed class MessageChannel(InProcessGroup group, int sender, int receiver)
{
    private const int Withdrawn = 0;
    private const int Offered = 1;
    private const int Taken = 2;
    private const int Done = 3;
    private const int Refused = 4;
    private const int StateBits = 3;

    private readonly MeetingPoint _point = group.Point;
    private PublishedCall _offer;

    // What the receiver waits in; written before the flag that says so.
    private CollectiveCall _taking;
    private bool _isAwaited;

    // Number of the message, from 0, and in the lowest bits what has become of it. It only ever grows, but for a withdrawal.
    private long _state = -1;

    /// <summary>Offers a message and waits until it has been taken and copied.</summary>
    /// <param name="offer">The call and the address.</param>
    /// <exception cref="CollectiveException">The receiver asks for something else, did not come in time or is gone.</exception>
    public void Give(in PublishedCall offer)
    {
        var call = offer.Call;
        var message = call.Sequence << StateBits;
        _point.ThrowIfUnwanted(sender, call);
        _offer = offer;
        Change(message | Offered, receiver);
        _point.Await(sender, new StateReached(this, message | Taken, receiver), call);
        if (Interlocked.CompareExchange(ref _state, message | Withdrawn, message | Offered) == (message | Offered))
        {
            _point.ThrowIfFailed(call);
        }

        _point.AwaitFinish(sender, new StateReached(this, message | Done, receiver), call);
        if (Volatile.Read(ref _state) == (message | Refused))
        {
            _point.ThrowIfFailed(call);
        }
    }

    /// <summary>Waits for a message and takes it; <see cref="Complete"/> must follow.</summary>
    /// <param name="call">What the receiver asks for.</param>
    /// <returns>Address of the sender's values.</returns>
    /// <exception cref="CollectiveException">The sender offers something else, did not come in time or is gone.</exception>
    public nint Take(in CollectiveCall call)
    {
        var message = call.Sequence << StateBits;
        _point.ThrowIfUnwanted(receiver, call);
        _taking = call;
        Volatile.Write(ref _isAwaited, true);
        _point.Await(receiver, new StateReached(this, message | Offered, sender), call);
        Volatile.Write(ref _isAwaited, false);
        if (Interlocked.CompareExchange(ref _state, message | Taken, message | Offered) != (message | Offered))
        {
            _point.ThrowIfFailed(call);
        }

        if (CollectiveComparison.Find(_offer.Call, sender, call, receiver, _point.Name) is { } mismatch)
        {
            _point.Fail(mismatch);
            Change(message | Refused, sender);
            _point.ThrowIfFailed(call);
        }

        return _offer.Source;
    }

    /// <summary>Says that the message has been copied.</summary>
    /// <param name="call">What the receiver has asked for.</param>
    public void Complete(in CollectiveCall call) => Change((call.Sequence << StateBits) | Done, sender);

    private void Change(long state, int awaiting)
    {
        Interlocked.Exchange(ref _state, state);
        _point.Wake(awaiting);
    }

    /// <summary>The message has come as far as the one side waits for.</summary>
    private readonly struct StateReached(MessageChannel channel, long state, int peer) : IWaitCondition
    {
        public int Awaited => Volatile.Read(ref channel._state) < state ? peer : -1;

        public bool IsMissing(int rank) => rank == peer && Awaited >= 0;

        public CollectiveException? FindContradiction(in CollectiveCall call) => channel.FindContradiction(call, peer);
    }

    // A rank that waits for all at a call cannot come to a message before this rank has come to the call; nor can one that itself waits for this rank to send or to receive.
    private CollectiveMismatchException? FindContradiction(in CollectiveCall call, int peer)
    {
        var own = peer == sender ? receiver : sender;
        var (back, name) = (group.Channel(receiver, sender), _point.Name);
        return _point.FindAhead(peer, own) is { } other
                ? Contradiction(call, peer, $"Expected rank {peer} at {CollectiveSentences.Describe(call, name)} on rank {own}, but it waits for all ranks at {CollectiveSentences.Describe(other, name)}.")
            : peer == receiver && back.IsOffered
                ? Contradiction(call, peer, $"Expected rank {peer} to receive what rank {own} sends in {CollectiveSentences.Describe(call, name)}, but it waits in {CollectiveSentences.Describe(back._offer.Call, name)}: each sends and waits for the other to receive.")
            : peer == sender && Volatile.Read(ref back._isAwaited)
                ? Contradiction(call, peer, $"Expected rank {peer} to send what rank {own} receives in {CollectiveSentences.Describe(call, name)}, but it waits in {CollectiveSentences.Describe(back._taking, name)}: each waits for the other to send.")
                : null;
    }

    private static CollectiveMismatchException Contradiction(in CollectiveCall call, int peer, string sentence)
        => new(sentence) { Ranks = [peer], Call = call.Kind, Sequence = call.Sequence, Tensor = call.Tensor };

    // Nobody has taken it, so its sender still waits.
    private bool IsOffered => Volatile.Read(ref _state) is >= 0 and var state && (state & ((1 << StateBits) - 1)) == Offered;
}
