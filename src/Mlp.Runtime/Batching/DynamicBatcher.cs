using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Batching;

/// <summary>
/// Lets calls of one row share runs. As many runs as there are lanes go on at once; what finds none free waits, the earliest deadline first, and the lane that gets free takes as many as
/// <see cref="BatchSizer"/> allows. Nothing waits for a timer. A batch is run by a thread of the pool, or by a caller whose thread would wait anyway; the latter is never left to the
/// pool, whose threads may all be waiting here. Where <see cref="DeferralPolicy"/> finds it worthwhile, a call joins the queue although a lane is free, and the batch is run after what
/// the pool has to do already. Thread-safe.
/// </summary>
internal sealed partial class DynamicBatcher
{
    private const int SampledInlineRuns = 16;

    private static readonly Action<object?> CancelCall = static call => ((QueuedCall)call!).Batcher.Cancel((QueuedCall)call);

    private readonly BatchingSettings _settings;
    private readonly AdmissionRule _admission;
    private readonly PredictionClock _clock;
    private readonly BatchSizer _sizer;
    private readonly DeferralPolicy _deferral;
    private readonly GatherRule _gathering;
    private readonly BatchingMetrics _metrics;
    private readonly long _origin;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    // All below is written under the lock, but for the count of runs.
    private readonly DeadlineQueue _queue = new();
    private readonly Stack<BatchLane> _idleLanes = new();
    private int _running;
    private int _waiting;
    private int _rowsRunning;
    private int _inlineRuns;
    private bool _isRunnerQueued;
    private bool _hasLeader;
    private bool _wasCut;
    private bool _isClosed;
    private BlockedCall? _asked;

    /// <summary>Makes a batcher with its lanes.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="served">The version.</param>
    /// <param name="clock">The clock of calls.</param>
    /// <param name="curve">What runs take.</param>
    /// <param name="createSlot">Makes a slot of a number of rows, which keeps a number of bound sizes.</param>
    public DynamicBatcher(BatchingSettings settings, ServedModel served, PredictionClock clock, CostCurve curve, Func<int, int, InferenceSlot> createSlot)
    {
        _settings = settings;
        _admission = new AdmissionRule(settings, served, curve);
        _clock = clock;
        Curve = curve;
        _sizer = new BatchSizer(settings.MaximumBatchSize, curve);
        _deferral = new DeferralPolicy(curve);
        _gathering = new GatherRule(settings, curve);
        _origin = clock.GetTimestamp();
        _metrics = new BatchingMetrics(served.Manifest.Name, served.Manifest.Version, () => WaitingCount);
        var sizes = _sizer.BoundSizeCount;
        for (var i = 0; i < settings.LaneCount; i++)
        {
            _idleLanes.Push(new BatchLane(_sizer, settings.MaximumBatchSize, capacity => createSlot(capacity, Math.Min(sizes, capacity))));
        }
    }

    /// <summary>What runs take.</summary>
    public CostCurve Curve { get; }

    /// <summary>Answers for callers who await them; a batch adds its own and publishes them together.</summary>
    public AnswerQueue Answers { get; } = new();

    /// <summary>Calls that wait for a batch.</summary>
    public int WaitingCount => Volatile.Read(ref _waiting);

    /// <summary>Whether calls join the queue although a lane is free.</summary>
    public bool IsDeferring => _deferral.IsDeferring;

    /// <summary>Runs the row of a slot, in a batch if others are about; on the caller's thread, until the outputs are in the slot.</summary>
    /// <param name="slot">A slot of one row.</param>
    /// <param name="call">The call.</param>
    /// <param name="interruptible">Whether a run that is not shared may be ended by the token.</param>
    /// <param name="withOthers">Whether the other outputs are wanted too.</param>
    /// <param name="token">Cancelled by the caller or by its deadline.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ModelOverloadedException">As many calls wait as may.</exception>
    /// <exception cref="PredictionShedException">The call could not be answered within its timeout.</exception>
    public void Run(InferenceSlot slot, in CallContext call, bool interruptible, bool withOthers, CancellationToken token)
    {
        if (TryRun(slot, interruptible, withOthers, token))
        {
            return;
        }

        var blocked = slot.Blocked ??= new BlockedCall();
        blocked.Start(this, slot, withOthers, token);
        if (!TryJoin(blocked, call, out var leads))
        {
            RunInline(slot, interruptible, withOthers, token);
            return;
        }

        if (leads)
        {
            Lead();
        }

        while (!blocked.IsComplete && !blocked.Wait())
        {
            if (TryLead(blocked))
            {
                Lead();
            }
        }

        blocked.Registration.Dispose();
        blocked.ThrowIfFailed();
    }

    /// <summary>Runs the row of a slot alone if nothing else is going on.</summary>
    /// <inheritdoc cref="Run"/>
    /// <returns>False if the call shall join others.</returns>
    public bool TryRun(InferenceSlot slot, bool interruptible, bool withOthers, CancellationToken token)
    {
        if (_deferral.IsDeferring || WaitingCount > 0 || !TryEnterLane())
        {
            return false;
        }

        _deferral.NoteInline(Volatile.Read(ref _running));
        RunInline(slot, interruptible, withOthers, token);
        return true;
    }

    /// <summary>Runs the row of a slot alone, in a lane that the caller has entered.</summary>
    /// <inheritdoc cref="Run"/>
    public void RunInline(InferenceSlot slot, bool interruptible, bool withOthers, CancellationToken token)
    {
        var started = ++_inlineRuns % SampledInlineRuns == 0 ? _clock.GetTimestamp() : 0;
        if (slot.Timing.IsTaken)
        {
            slot.Timing.StartRun(_clock.GetTimestamp());
        }

        try
        {
            slot.Run(interruptible, withOthers, token);
            if (started != 0)
            {
                Curve.Learn(1, _clock.NanosecondsBetween(started, _clock.GetTimestamp()));
            }
        }
        finally
        {
            Interlocked.Decrement(ref _running);

            // The decrement is a full fence: either this sees who waits, or they see the lane.
            if (WaitingCount > 0)
            {
                WakeNext();
            }
        }

        _metrics.RecordBatch(1, BatchCloseReason.Inline);
    }

    /// <summary>Lets a call join the queue, and sees to it that somebody runs it.</summary>
    /// <param name="queued">The call, begun.</param>
    /// <param name="call">Its times.</param>
    /// <param name="leads">Whether the caller, whose thread would wait, shall run the next batch (<see cref="Lead"/>).</param>
    /// <returns>False if it may not wait but a lane is free, which the caller has now entered: it runs the row alone.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ModelOverloadedException">As many calls wait as may.</exception>
    /// <exception cref="PredictionShedException">The call could not be answered within its timeout.</exception>
    public bool TryJoin(QueuedCall queued, in CallContext call, out bool leads)
    {
        CallCancellation.ThrowIfRequested(CallStage.Batch, queued.Token);
        var arrival = NanosecondsOf(call.Started);
        queued.HasTimeout = call.Timeout is not null;
        queued.Deadline = arrival + ToNanoseconds(call.Timeout ?? _settings.LatencyBudget);
        queued.JoinedAt = BatchingMetrics.IsQueueTimed ? Now() : QueuedCall.NotTimed;
        if (queued.Token.CanBeCanceled)
        {
            queued.Registration = queued.Token.UnsafeRegister(CancelCall, queued);
        }

        NextRunner next = default;
        leads = false;
        var entered = false;
        Exception? refusal = null;
        lock (_gate)
        {
            entered = _queue.Count >= _settings.MaximumQueueLength && TryEnterLane();
            refusal = entered ? null
                : queued.State == CallState.Cancelled ? new StageCancelledException(CallStage.Batch, queued.Token)
                : _admission.Refuse(queued, _queue, queued.HasTimeout ? queued.Deadline - Now() : 0, Volatile.Read(ref _running), _rowsRunning);
            if (!entered && refusal is null)
            {
                queued.State = CallState.Queued;
                _queue.Add(queued);
                Volatile.Write(ref _waiting, _queue.Count);
                _deferral.NoteJoin(_queue.Count + _rowsRunning);
                Interlocked.MemoryBarrier();
                leads = queued.IsBlocked && MayLead();
                _hasLeader |= leads;
                next = leads ? default : Designate();
            }
            else
            {
                queued.State = CallState.Done;
            }
        }

        if (entered || refusal is not null)
        {
            queued.Registration.Dispose();
            return refusal is null ? false : throw refusal;
        }

        Perform(next);
        return true;
    }

    /// <summary>Disposes of the lanes. Calls have ended, but runs of batches whose callers have all given up may go on.</summary>
    /// <returns>A task that completes when nothing is left.</returns>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            _metrics.Detach();
            DisposeIdle();
        }

        return _drained.Task;
    }

    private void Cancel(QueuedCall call)
    {
        NextRunner next = default;
        CallState found;
        lock (_gate)
        {
            found = call.State;
            switch (found)
            {
                case CallState.New or CallState.Taken:
                    call.State = CallState.Cancelled;
                    break;
                case CallState.Queued:
                    call.State = CallState.Done;
                    call.Failure = new StageCancelledException(CallStage.Batch, call.Token);
                    Remove(call);
                    next = Designate();
                    break;
                case CallState.Running:
                    call.State = CallState.Abandoning;
                    break;
                default:
                    break;
            }
        }

        Perform(next);
        if (found == CallState.Queued)
        {
            call.Complete(_clock.GetTimestamp());
        }
        else if (found == CallState.Running)
        {
            Abandon(call);
        }
    }

    private void Abandon(QueuedCall call)
    {
        var ownsSlot = call.Abandon();
        bool isOver;
        lock (_gate)
        {
            isOver = call.State == CallState.Released;
            call.State = isOver ? CallState.Released : CallState.Abandoned;
        }

        if (ownsSlot && isOver)
        {
            call.ReturnSlot();
        }

        call.EndAbandoned();
    }

    private bool MayLead() => !_hasLeader && HasFreeLane(Now());

    private bool TryLead(BlockedCall blocked)
    {
        lock (_gate)
        {
            _asked = ReferenceEquals(_asked, blocked) ? null : _asked;
            if (blocked.State != CallState.Queued || !MayLead())
            {
                return false;
            }

            return _hasLeader = true;
        }
    }

    private void WakeNext()
    {
        NextRunner next;
        lock (_gate)
        {
            next = Designate();
        }

        Perform(next);
    }

    /// <summary>Finds somebody to run the next batch, if there is one to run and nobody is about to.</summary>
    private NextRunner Designate()
    {
        if (_queue.Count == 0 || _hasLeader || _asked is not null || !HasFreeLane(Now()))
        {
            return default;
        }

        if (_queue.FindBlocked() is { } blocked)
        {
            _asked = blocked;
            return new NextRunner(blocked, IsPool: false);
        }

        if (_isRunnerQueued)
        {
            return default;
        }

        _isRunnerQueued = true;
        return new NextRunner(null, IsPool: true);
    }

    private void Perform(NextRunner next)
    {
        next.Caller?.Ask();
        if (next.IsPool)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void Remove(QueuedCall call)
    {
        _queue.Remove(call);
        _asked = ReferenceEquals(_asked, call) ? null : _asked;
        Volatile.Write(ref _waiting, _queue.Count);
    }

    private bool TryEnterLane()
    {
        for (var running = Volatile.Read(ref _running); running < _settings.LaneCount;)
        {
            var found = Interlocked.CompareExchange(ref _running, running + 1, running);
            if (found == running)
            {
                return true;
            }

            running = found;
        }

        return false;
    }

    private void DisposeIdle()
    {
        var left = _settings.LaneCount - Volatile.Read(ref _running);
        while (_idleLanes.TryPop(out var lane))
        {
            lane.Dispose();
        }

        if (left == _settings.LaneCount)
        {
            _drained.TrySetResult();
        }
    }

    private long Now() => NanosecondsOf(_clock.GetTimestamp());

    private long NanosecondsOf(long timestamp) => _clock.NanosecondsBetween(_origin, timestamp);

    private static long ToNanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Who runs the next batch: the thread of a waiting call, a thread of the pool, or nobody.</summary>
    private readonly record struct NextRunner(BlockedCall? Caller, bool IsPool);
}
