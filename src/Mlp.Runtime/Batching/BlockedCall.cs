using System.Runtime.ExceptionServices;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Batching;

/// <summary>A call whose thread waits for the answer. The thread may be asked to run a batch meanwhile. Used again for the next call of its slot.</summary>
internal sealed class BlockedCall : QueuedCall
{
    private readonly object _monitor = new();
    private bool _isComplete;
    private bool _isAsked;

    /// <inheritdoc/>
    public override bool IsBlocked => true;

    /// <summary>Whether the answer is there.</summary>
    public bool IsComplete => Volatile.Read(ref _isComplete);

    /// <summary>Begins a call.</summary>
    /// <inheritdoc cref="QueuedCall.Begin"/>
    public void Start(DynamicBatcher batcher, InferenceSlot slot, bool withOthers, CancellationToken token)
    {
        Begin(batcher, slot, withOthers, token);
        (_isComplete, _isAsked) = (false, false);
    }

    /// <summary>Waits for the answer, or to be asked to run a batch.</summary>
    /// <returns>True if the answer is there.</returns>
    public bool Wait()
    {
        lock (_monitor)
        {
            while (!_isComplete && !_isAsked)
            {
                Monitor.Wait(_monitor);
            }

            _isAsked = false;
            return _isComplete;
        }
    }

    /// <summary>Asks the thread to run a batch. It looks for itself whether there is one, so to ask in vain does no harm.</summary>
    public void Ask()
    {
        lock (_monitor)
        {
            _isAsked = true;
            Monitor.Pulse(_monitor);
        }
    }

    /// <summary>Throws what went wrong, if anything did.</summary>
    public void ThrowIfFailed()
    {
        if (Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <inheritdoc/>
    public override void Complete(long ended)
    {
        lock (_monitor)
        {
            Volatile.Write(ref _isComplete, true);
            Monitor.Pulse(_monitor);
        }
    }

    /// <inheritdoc/>
    public override bool Abandon()
    {
        // The caller records the failure and gives the slot back. The batch neither reads nor writes it any more, but still knows this object, which is therefore not used again.
        Slot.Blocked = null;
        Failure = new StageCancelledException(CallStage.Run, Token);
        return false;
    }

    /// <inheritdoc/>
    public override void EndAbandoned() => Complete(0);

    /// <inheritdoc/>
    public override void ReturnSlot()
    {
        // Its caller does.
    }
}
