using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Batching;

/// <summary>A call of one row on its way through the batcher. One batcher at a time writes it, under its lock unless a member says otherwise.</summary>
internal abstract class QueuedCall
{
    /// <summary>A time that is none.</summary>
    public const long NotTimed = long.MinValue;

    /// <summary>Position in the queue.</summary>
    public int QueueIndex { get; set; }

    /// <summary>Where it is.</summary>
    public CallState State { get; set; }

    /// <summary>The slot with its row, which receives the row of outputs.</summary>
    public InferenceSlot Slot { get; private set; } = null!;

    /// <summary>Whether the other outputs are wanted too.</summary>
    public bool WithOthers { get; private set; }

    /// <summary>When it should be answered, nanoseconds of the batcher's clock.</summary>
    public long Deadline { get; set; }

    /// <summary>Whether the deadline is the caller's own, not the latency budget.</summary>
    public bool HasTimeout { get; set; }

    /// <summary>When it joined, nanoseconds of the batcher's clock; <see cref="NotTimed"/> unless somebody listens.</summary>
    public long JoinedAt { get; set; }

    /// <summary>Cancelled by the caller or by its deadline.</summary>
    public CancellationToken Token { get; private set; }

    /// <summary>The listening to <see cref="Token"/>; written by the caller before it joins.</summary>
    public CancellationTokenRegistration Registration { get; set; }

    /// <summary>The batcher that it is in.</summary>
    public DynamicBatcher Batcher { get; private set; } = null!;

    /// <summary>What went wrong with this row alone; null when nothing did.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Whether a thread waits for the answer, which can then run a batch.</summary>
    public abstract bool IsBlocked { get; }

    /// <summary>Tells the caller that its row of outputs is in <see cref="Slot"/>, or why it is not (<see cref="Failure"/>). Called once, outside the lock; the call may be used again at once.</summary>
    /// <param name="ended">Timestamp of the clock.</param>
    public abstract void Complete(long ended);

    /// <summary>Tells the caller that the call has been cancelled while its batch runs. Called outside the lock, while the batch leaves the slot alone.</summary>
    /// <returns>True if the slot is still out, and whoever comes second shall give it back by <see cref="ReturnSlot"/> before <see cref="EndAbandoned"/> is called.</returns>
    public abstract bool Abandon();

    /// <summary>Ends an abandoned call for its caller, who may go on at once.</summary>
    public abstract void EndAbandoned();

    /// <summary>Gives the slot of an abandoned call back.</summary>
    public abstract void ReturnSlot();

    /// <summary>Begins a call.</summary>
    /// <param name="batcher">Where.</param>
    /// <param name="slot">Its slot.</param>
    /// <param name="withOthers">Whether the other outputs are wanted too.</param>
    /// <param name="token">Cancelled by the caller or by its deadline.</param>
    protected void Begin(DynamicBatcher batcher, InferenceSlot slot, bool withOthers, CancellationToken token)
    {
        Batcher = batcher;
        Slot = slot;
        WithOthers = withOthers;
        Token = token;
        State = CallState.New;
        Failure = null;
        Registration = default;
    }
}
