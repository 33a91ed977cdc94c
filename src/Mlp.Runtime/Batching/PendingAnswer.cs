using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Batching;

/// <summary>
/// A call whose caller awaits the answer. It is not tied to its slot, which goes back when the answer is there: what is never awaited costs its memory and nothing else. Objects whose
/// answers have been taken are used again, so that a call allocates nothing. The batch only adds it to <see cref="AnswerQueue"/>: what is left to do for a call, and its caller, take
/// as many threads as the pool has, and the next batch is looked after behind them.
/// </summary>
/// <typeparam name="TResult">The answer.</typeparam>
internal sealed class PendingAnswer<TResult> : QueuedCall, IValueTaskSource<TResult>, IThreadPoolWorkItem
{
    private const int KeptCount = 4096;

    private static readonly Lock KeptGate = new();
    private static PendingAnswer<TResult>? _kept;
    private static int _keptCount;

    private ManualResetValueTaskSourceCore<TResult> _core;
    private PendingAnswer<TResult>? _next;
    private PendingCall<TResult> _call;
    private bool _isAbandoned;
    private bool _isTold;
    private long _ended;

    private PendingAnswer()
    {
    }

    /// <inheritdoc/>
    public override bool IsBlocked => false;

    /// <summary>What the caller awaits; taken once.</summary>
    public ValueTask<TResult> Task => new(this, _core.Version);

    /// <summary>Takes an object that is not in use.</summary>
    public static PendingAnswer<TResult> Rent()
    {
        lock (KeptGate)
        {
            if (_kept is { } kept)
            {
                (_kept, kept._next) = (kept._next, null);
                _keptCount--;
                return kept;
            }
        }

        return new PendingAnswer<TResult>();
    }

    /// <summary>Begins a call.</summary>
    /// <param name="batcher">Where.</param>
    /// <param name="call">The call.</param>
    /// <param name="withOthers">Whether the other outputs are wanted too.</param>
    /// <param name="token">Cancelled by the caller or by its deadline.</param>
    public void Start(DynamicBatcher batcher, in PendingCall<TResult> call, bool withOthers, CancellationToken token)
    {
        Begin(batcher, call.Slot, withOthers, token);
        _call = call;
        (_isAbandoned, _isTold) = (false, false);
    }

    /// <summary>Puts the object back.</summary>
    public void Recycle()
    {
        _call = default;
        _core.Reset();
        lock (KeptGate)
        {
            if (_keptCount < KeptCount)
            {
                (_next, _kept) = (_kept, this);
                _keptCount++;
            }
        }
    }

    /// <inheritdoc/>
    public override void Complete(long ended)
    {
        if (Failure is not null)
        {
            Fail();
            return;
        }

        _ended = ended;
        Batcher.Answers.Add(this);
    }

    /// <inheritdoc/>
    public void Execute()
    {
        if (_isTold)
        {
            End(default!, Failure);
            return;
        }

        // Waits for a cancellation that is at work, so that it finds this call and not the next one.
        Registration.Dispose();
        Exception? failure = null;
        var result = default(TResult)!;
        try
        {
            result = _call.Finish(_ended);
        }
        catch (Exception e)
        {
            // What the caller's own type throws, or a listener to the metrics, is the caller's, and no other call's.
            failure = e;
        }

        _call.ReturnSlot();
        End(result, failure);
    }

    /// <inheritdoc/>
    public override bool Abandon()
    {
        _isAbandoned = true;
        Failure = _call.Fail(new StageCancelledException(CallStage.Run, Token));
        return true;
    }

    /// <inheritdoc/>
    public override void EndAbandoned()
    {
        // The caller goes on by the pool, not on the thread that cancels or runs the batch.
        _isTold = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    public override void ReturnSlot() => _call.ReturnSlot();

    /// <inheritdoc/>
    public TResult GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            Block(token);
        }

        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            // The batch that an abandoned call was in still knows it.
            if (!_isAbandoned)
            {
                Recycle();
            }
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    /// <summary>A caller who does not await but blocks, which a value task need not allow.</summary>
    private void Block(short token)
    {
        using var ended = new ManualResetEventSlim();
        _core.OnCompleted(static e => ((ManualResetEventSlim)e!).Set(), ended, token, ValueTaskSourceOnCompletedFlags.None);
        ended.Wait();
    }

    /// <summary>A failure is told at once, so that the observers hear of it before whatever follows.</summary>
    private void Fail()
    {
        Registration.Dispose();
        try
        {
            Failure = _call.Fail(Failure!);
        }
        catch (Exception e)
        {
            Failure = e;
        }

        _call.ReturnSlot();
        EndAbandoned();
    }

    private void End(TResult result, Exception? failure)
    {
        if (failure is null)
        {
            _core.SetResult(result);
        }
        else
        {
            _core.SetException(failure);
        }
    }
}
