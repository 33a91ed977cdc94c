using Mlp.Training.Distributed.Diagnostics;

namespace Mlp.Training.Distributed.Collectives;

// Calls have their turns in the order of their tickets, so that threads and the group's own thread share one order.
public sealed partial class ProcessGroup
{
    private Queue<CollectiveHandle>? _queue;
    private TaskCompletionSource? _threadEnd;
    private int _sleepers;

    /// <summary>Makes a call that has its number when its turn has come.</summary>
    internal void Move(CollectiveHandle handle, ReadOnlySpan<byte> source, Span<byte> target) => Make(handle.Call, handle.Ticket, source, target, handle: handle);

    private CollectiveBackend? Make(
        in CollectiveCall call, long ticket, ReadOnlySpan<byte> source, Span<byte> target, IReadOnlyList<int>? ranks = null, CollectiveHandle? handle = null)
    {
        AwaitTurn(ticket);
        Exception? failure = null;
        var began = CollectiveMetrics.IsListenedTo ? _options.TimeProvider.GetTimestamp() : 0;
        _observer?.Begun(call, Math.Max(source.Length, target.Length));
        try
        {
            ThrowIfFailed();
            return Dispatch(call, source, target, ranks);
        }
        catch (OperationCanceledException exception)
        {
            failure = CollectiveSentences.CancelledHere(call, Name, Rank, exception);
            Break(AsFailure(call, exception));
            throw failure;
        }
        catch (Exception exception)
        {
            failure = exception;
            Break(AsFailure(call, exception));
            throw;
        }
        finally
        {
            _observer?.Ended(call, failure);
            if (began != 0)
            {
                _metrics.Add(call.Kind, Math.Max(source.Length, target.Length), _options.TimeProvider.GetElapsedTime(began));
            }

            // Before the next has its turn: whoever's call is over finds those before it completed.
            handle?.Complete(failure);
            EndTurn();
        }
    }

    private CollectiveBackend? Dispatch(in CollectiveCall call, ReadOnlySpan<byte> source, Span<byte> target, IReadOnlyList<int>? ranks)
    {
        switch (call.Kind)
        {
            case CollectiveKind.AllReduce:
                _backend.AllReduce(call, target);
                break;
            case CollectiveKind.ReduceScatter:
                _backend.ReduceScatter(call, source, target);
                break;
            case CollectiveKind.AllGather:
                _backend.AllGather(call, source, target);
                break;
            case CollectiveKind.Broadcast:
                _backend.Broadcast(call, target);
                break;
            case CollectiveKind.Reduce:
                _backend.Reduce(call, target);
                break;
            case CollectiveKind.AllToAll:
                _backend.AllToAll(call, source, target);
                break;
            case CollectiveKind.Barrier:
                _backend.Barrier(call);
                break;
            case CollectiveKind.Send:
                _backend.Send(call, source);
                break;
            case CollectiveKind.Receive:
                _backend.Receive(call, target);
                break;
            default:
                return _backend.Split(call, ranks!);
        }

        return null;
    }

    private long Number(ref CollectiveCall call)
    {
        lock (_turns)
        {
            return NumberLocked(ref call);
        }
    }

    private long NumberLocked(ref CollectiveCall call)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfFailed();
        call = call with
        {
            Sequence = call.Kind switch
            {
                CollectiveKind.Send => _sent[call.Root]++,
                CollectiveKind.Receive => _received[call.Root]++,
                _ => _calls++,
            },
        };
        return _nextTicket++;
    }

    // Those before it end within their time limits, so this wait needs none of its own.
    private void AwaitTurn(long ticket)
    {
        if (Volatile.Read(ref _doneTickets) == ticket)
        {
            return;
        }

        lock (_turns)
        {
            while (_doneTickets != ticket)
            {
                Sleep();
            }
        }
    }

    private void EndTurn()
    {
        lock (_turns)
        {
            Volatile.Write(ref _doneTickets, _doneTickets + 1);
            WakeSleepers();
        }
    }

    private void Sleep()
    {
        _sleepers++;
        Monitor.Wait(_turns);
        _sleepers--;
    }

    private void WakeSleepers()
    {
        if (_sleepers > 0)
        {
            Monitor.PulseAll(_turns);
        }
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw CollectiveFailures.Again(failure);
        }
    }

    /// <summary>Makes the calls of all ranks of the group, under way and to come, throw a failure. Does nothing in a group that has failed.</summary>
    /// <param name="failure">The failure.</param>
    internal void Break(CollectiveException failure)
    {
        _backend.Abort(Interlocked.CompareExchange(ref _failure, failure, null) ?? failure);
    }

    private CollectiveException AsFailure(in CollectiveCall call, Exception exception) => exception switch
    {
        CollectiveException known => known,
        OperationCanceledException => CollectiveSentences.Cancelled(call, Name, Rank),
        _ => CollectiveSentences.Lost(call, Name, Rank, $"it failed with {exception.GetType().Name}", exception),
    };

    private CollectiveHandle<T> Start<T>(CollectiveCall call, ReadOnlyMemory<T> source, Memory<T> target)
        where T : unmanaged
    {
        // The caller may change its list before the call has its turn.
        call = call with { InBackground = true, Counts = call.Counts?.ToArray() };
        CheckBytes<T>(Math.Max(source.Length, target.Length));
        lock (_turns)
        {
            var ticket = NumberLocked(ref call);
            var handle = new CollectiveHandle<T>(call, ticket, source, target);
            if (_queue is null)
            {
                (_queue, _threadEnd) = (new(), new(TaskCreationOptions.RunContinuationsAsynchronously));
                new Thread(MakeQueued) { IsBackground = true, Name = $"{Name} {Rank}" }.Start();
            }

            _queue.Enqueue(handle);
            WakeSleepers();
            return handle;
        }
    }

    private void MakeQueued()
    {
        while (TakeQueued() is { } handle)
        {
            try
            {
                handle.Run(this);
            }
            catch (Exception)
            {
                // The handle has told it.
            }
        }

        _threadEnd!.SetResult();
    }

    private CollectiveHandle? TakeQueued()
    {
        lock (_turns)
        {
            while (_queue!.Count == 0)
            {
                if (_disposed)
                {
                    return null;
                }

                Sleep();
            }

            return _queue.Dequeue();
        }
    }

    private Task EndThreadAsync() => _threadEnd?.Task ?? Task.CompletedTask;
}
