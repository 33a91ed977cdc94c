using Mlp.Training.Distributed.Collectives.Nccl.Interop;

namespace Mlp.Training.Distributed.Collectives.Nccl;

/// <summary>
/// Waits for a GPU in a call, and ends the wait where the call cannot succeed: the time limit, a cancellation, an error that NCCL found, or a failure that the control channel tells. A thread of its own ends operations that NCCL does
/// not even begin to wait for on the GPU, since it waits for other ranks while it starts them.
/// </summary>
internal sealed class NcclWait : IDisposable
{
    private const int LooksPerCheck = 32;
    private const int LooksPerYield = 8;
    private const int LooksBeforeSleep = 3000;
    private const int PausesPerLook = 20;

    /// <summary>How often operations that are being started are looked at.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    /// <summary>How long the control channel's word about an error of NCCL is waited for: what NCCL sees first is mostly the end of another rank.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly CollectiveBackend _control;
    private readonly NcclCommunicator _communicator;
    private readonly string _group;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _ending = new();
    private readonly Thread _thread;
    private CollectiveCall _call;
    private long _start;
    private long _startingSince;

    /// <summary>Begins to watch.</summary>
    /// <param name="control">Knows of the other ranks.</param>
    /// <param name="communicator">Is ended where a call fails.</param>
    /// <param name="group">Name of the group.</param>
    /// <param name="clock">The clock of time limits.</param>
    public NcclWait(CollectiveBackend control, NcclCommunicator communicator, string group, TimeProvider clock)
    {
        (_control, _communicator, _group, _clock) = (control, communicator, group, clock);
        _thread = new Thread(Watch) { IsBackground = true, Name = FormattableString.Invariant($"Mlp NCCL watch {control.Rank}") };
        _thread.Start();
    }

    /// <summary>A call begins; its time limit counts from here.</summary>
    public void Begin(in CollectiveCall call)
    {
        lock (_gate)
        {
            (_call, _start) = (call, _clock.GetTimestamp());
        }
    }

    /// <summary>NCCL is told to start operations.</summary>
    public void BeginStart()
    {
        lock (_gate)
        {
            _startingSince = _clock.GetTimestamp();
        }
    }

    /// <summary>It has started them.</summary>
    public void EndStart()
    {
        lock (_gate)
        {
            _startingSince = 0;
        }
    }

    /// <summary>Waits until the GPU has done what it was given.</summary>
    /// <exception cref="CollectiveException">The call has failed.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void Await(NcclPlace place, in CollectiveCall call)
    {
        for (var look = 1; !place.IsDone; look++)
        {
            var sleeps = look > LooksBeforeSleep;
            if (sleeps || look % LooksPerCheck == 0)
            {
                ThrowIfHopeless(call);
            }

            if (sleeps)
            {
                _ending.Wait(1);
            }
            else if (call.InBackground || look % LooksPerYield == 0)
            {
                Thread.Yield();
            }
            else
            {
                Thread.SpinWait(PausesPerLook);
            }
        }

        // Operations that were ended look like operations that are done.
        if (_communicator.HasEnded)
        {
            throw new NativeCallException("its NCCL communicator has ended");
        }
    }

    /// <summary>What is thrown where NCCL or CUDA has refused something.</summary>
    public Exception Refused(in CollectiveCall call, NativeCallException refusal)
    {
        _communicator.Abort();
        if (call.CancellationToken.IsCancellationRequested)
        {
            return Cancelled(call);
        }

        if (_clock.GetElapsedTime(_start) >= call.Timeout)
        {
            return Fail(TimedOut(call));
        }

        AwaitWord();
        return Fail(CollectiveSentences.Lost(call, _group, _control.Rank, refusal.Message, refusal));
    }

    /// <summary>Ends watching.</summary>
    public void Dispose()
    {
        _ending.Set();
        _thread.Join();
        _ending.Dispose();
    }

    private void ThrowIfHopeless(in CollectiveCall call)
    {
        if (_control.Failure is { } failure)
        {
            _communicator.Abort();
            throw CollectiveFailures.Again(failure);
        }

        if (call.CancellationToken.IsCancellationRequested)
        {
            _communicator.Abort();
            throw Cancelled(call);
        }

        if (_clock.GetElapsedTime(_start) >= call.Timeout)
        {
            _communicator.Abort();
            throw Fail(TimedOut(call));
        }

        if (_communicator.FindError() is { } error)
        {
            _communicator.Abort();
            AwaitWord();
            throw Fail(CollectiveSentences.Lost(call, _group, _control.Rank, error));
        }
    }

    private void AwaitWord()
    {
        var start = _clock.GetTimestamp();
        while (_control.Failure is null && _clock.GetElapsedTime(start) < Patience)
        {
            _ending.Wait(1);
        }
    }

    // Whoever fails first is heard by all.
    private CollectiveException Fail(CollectiveException failure)
    {
        if (_control.Failure is { } known)
        {
            return CollectiveFailures.Again(known);
        }

        _control.Abort(failure);
        return CollectiveFailures.Again(_control.Failure ?? failure);
    }

    private OperationCanceledException Cancelled(in CollectiveCall call)
    {
        _control.Abort(CollectiveSentences.Cancelled(call, _group, _control.Rank));
        return new(call.CancellationToken);
    }

    private CollectiveTimeoutException TimedOut(in CollectiveCall call) => new(FormattableString.Invariant(
        $"Expected {CollectiveSentences.Describe(call, _group)} to end on the GPUs within {CollectiveSentences.Duration(call.Timeout)}, but it did not, though all ranks had come and none is lost: a GPU, or the way between two, stands still."))
    {
        Call = call.Kind,
        Sequence = call.Sequence,
        Tensor = call.Tensor,
    };

    private void Watch()
    {
        while (!_ending.Wait(Period))
        {
            lock (_gate)
            {
                // What has only just begun may not be in NCCL's hands yet.
                if (_startingSince == 0 || _clock.GetElapsedTime(_startingSince) < Period)
                {
                    continue;
                }

                if (_control.Failure is null && _clock.GetElapsedTime(_start) < _call.Timeout && !_call.CancellationToken.IsCancellationRequested)
                {
                    continue;
                }
            }

            _communicator.Abort();
        }
    }
}
