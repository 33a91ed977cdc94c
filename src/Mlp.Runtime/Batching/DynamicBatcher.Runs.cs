using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Batching;

/// <content>The runs of batches: who takes calls out of the queue, and what becomes of them.</content>
internal sealed partial class DynamicBatcher : IThreadPoolWorkItem
{
    /// <summary>Runs a batch on the caller's thread, after others who are ready to run have had the processor.</summary>
    public void Lead()
    {
        while (IsGathering())
        {
            Thread.Yield();
        }

        BatchLane? lane;
        NextRunner next;
        var now = Now();
        lock (_gate)
        {
            _hasLeader = false;
            lane = TryTake(now);
            next = Designate();
        }

        Perform(next);
        if (lane is not null)
        {
            RunAndLeave(lane, now);
        }
    }

    /// <inheritdoc/>
    public void Execute()
    {
        BatchLane? lane = null;
        NextRunner next = default;
        var now = Now();
        bool isGathering;
        lock (_gate)
        {
            isGathering = ShouldGather(now, GatherRule.PoolTurns);
            if (!isGathering)
            {
                _isRunnerQueued = false;
                lane = TryTake(now);
                next = Designate();
            }
        }

        if (isGathering)
        {
            // Behind what the pool has to do already: the answers that have just come, and the callers who are about to call.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        Perform(next);
        if (lane is not null)
        {
            RunAndLeave(lane, now);
        }
    }

    private void RunAndLeave(BatchLane lane, long started)
    {
        lane.Gather();
        lock (_gate)
        {
            foreach (var call in lane.Calls)
            {
                call!.State = call.State == CallState.Taken ? CallState.Running : call.State;
            }
        }

        var runStarted = _clock.GetTimestamp();
        lane.Run();
        var ended = _clock.GetTimestamp();
        Curve.Learn(_sizer.BoundSize(lane.Count), _clock.NanosecondsBetween(runStarted, ended));
        _metrics.RecordBatch(lane.Count, lane.Reason);
        var blockedCount = Finish(lane, started, runStarted, ended);
        var handling = Now() - started - _clock.NanosecondsBetween(runStarted, ended);

        NextRunner next;
        lock (_gate)
        {
            _rowsRunning -= lane.Count;
            _deferral.NoteBatch(lane.Count, blockedCount, handling, _queue.Count + _rowsRunning);
            _gathering.Divide(_deferral.Peak, _deferral.Handling);
            lane.Clear();
            _idleLanes.Push(lane);
            Interlocked.Decrement(ref _running);
            next = Designate();
            if (_isClosed)
            {
                DisposeIdle();
            }
        }

        Perform(next);
    }

    /// <summary>Hands out what a batch has brought.</summary>
    private int Finish(BatchLane lane, long started, long runStarted, long ended)
    {
        var blockedCount = 0;
        lock (_gate)
        {
            foreach (var call in lane.Calls)
            {
                Settle(call!);
            }
        }

        try
        {
            for (var row = 0; row < lane.Count; row++)
            {
                var call = lane.Calls[row]!;
                blockedCount += call.IsBlocked ? 1 : 0;
                if (call.State == CallState.Done)
                {
                    lane.Scatter(row);
                    call.Slot.Timing.StartRun(runStarted);
                    if (call.JoinedAt != QueuedCall.NotTimed)
                    {
                        _metrics.RecordWait(started - call.JoinedAt);
                    }

                    call.Complete(ended);
                }
                else if (call.State == CallState.Abandoned)
                {
                    call.ReturnSlot();
                }
            }
        }
        finally
        {
            // Also where a listener to the metrics throws: those who have their answer shall get it.
            Answers.Publish();
        }

        return blockedCount;
    }

    private static void Settle(QueuedCall call)
    {
        switch (call.State)
        {
            case CallState.Running:
                call.State = CallState.Done;
                break;
            case CallState.Cancelled:
                call.State = CallState.Done;
                call.Failure = new StageCancelledException(CallStage.Batch, call.Token);
                break;
            case CallState.Abandoning:
                call.State = CallState.Released;
                break;
            default:
                break;
        }
    }

    /// <summary>Enters a lane and takes calls, if there are any and one is free.</summary>
    private BatchLane? TryTake(long now)
    {
        if (_queue.First is not { } first || !HasFreeLane(now) || !TryEnterLane())
        {
            return null;
        }

        var lane = _idleLanes.Pop();
        (lane.Count, lane.Reason) = _sizer.Choose(_queue.Count, first.Deadline - now, first.HasTimeout, _wasCut);
        _wasCut = lane.Reason == BatchCloseReason.Deadline && _queue.Count > 2 * lane.Count;
        if (lane.Count == _queue.Count)
        {
            _queue.TakeAll(lane.Room);
        }
        else
        {
            for (var i = 0; i < lane.Count && _queue.TryTake(out var call); i++)
            {
                lane.Room[i] = call;
            }
        }

        foreach (var call in lane.Calls)
        {
            call!.State = CallState.Taken;
            _asked = ReferenceEquals(_asked, call) ? null : _asked;
        }

        _gathering.Restart();
        _rowsRunning += lane.Count;
        Volatile.Write(ref _waiting, _queue.Count);
        return lane;
    }

    /// <summary>Whether a batch of those who wait may begin.</summary>
    private bool HasFreeLane(long now)
        => Volatile.Read(ref _running) < (_deferral.IsDeferring && _queue.First is { } first ? _gathering.LaneLimit(_queue.Count, first.Deadline - now) : _settings.LaneCount);

    /// <summary>Whether others are about to join, and the first call can wait for them.</summary>
    private bool ShouldGather(long now, int turns)
        => _deferral.IsDeferring && _queue.First is { } first && HasFreeLane(now)
            && _gathering.ShouldWait(_queue.Count, _gathering.Expect(_deferral.Peak, _rowsRunning), first.Deadline - now, now, turns);

    private bool IsGathering()
    {
        var now = Now();
        lock (_gate)
        {
            return ShouldGather(now, GatherRule.ThreadTurns);
        }
    }
}
