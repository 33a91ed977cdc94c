namespace Mlp.Runtime.Inference;

/// <summary>A call that waits for a slot of a pool: it gets one, null when the pool is closed, or the exception for which it waits no more.</summary>
/// <typeparam name="TSlot">The slots.</typeparam>
internal sealed class SlotWaiter<TSlot> : TaskCompletionSource<TSlot?>
    where TSlot : class, IPooledSlot
{
    /// <summary>Ends a wait whose token was cancelled.</summary>
    public static readonly Action<object?, CancellationToken> Cancel = static (waiter, token) => ((SlotWaiter<TSlot>)waiter!).TrySetCanceled(token);

    private readonly SlotPool<TSlot> _pool;
    private readonly SlotWait? _wait;

    /// <summary>Makes a waiter, which is not in the line yet.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="wait">How long it may last, and of how long a call; null for any time.</param>
    public SlotWaiter(SlotPool<TSlot> pool, SlotWait? wait)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        _pool = pool;
        _wait = wait;
        Node = new LinkedListNode<SlotWaiter<TSlot>>(this);
    }

    /// <summary>Its place in the line.</summary>
    public LinkedListNode<SlotWaiter<TSlot>> Node { get; }

    /// <summary>Begins to measure its time.</summary>
    /// <returns>A timer that ends the wait; null for one that may last any time.</returns>
    public ITimer? StartTimer()
        => _wait is { } wait
            ? _pool.Queue.Time.CreateTimer(static w => ((SlotWaiter<TSlot>)w!).TimeOut(), this, wait.Remaining > TimeSpan.Zero ? wait.Remaining : TimeSpan.Zero, Timeout.InfiniteTimeSpan)
            : null;

    private void TimeOut()
    {
        var queue = _pool.Queue;
        var wait = _wait!.Value;
        TrySetException(PredictionTimeoutException.InQueue(queue.Model, queue.Version, wait.Timeout, wait.Remaining, _pool.Size, _pool.WaitingCount));
    }
}
