using Mlp.Training.Distributed.Collectives.SharedMemory;
using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

/// <summary>Waits until MPI has done what a call asked for: MPI only moves anything when it is looked at, so this looks, first often, then seldom; and throws when the call cannot succeed. Used by one thread.</summary>
/// <param name="mpi">MPI.</param>
/// <param name="plane">Told of trouble.</param>
/// <param name="group">The group.</param>
/// <param name="meets">Whether ranks wait for each other before values move.</param>
internal sealed unsafe class MpiWait(MpiProcess mpi, ControlPlane plane, GroupMonitor group, bool meets)
{
    private const int PausesPerLook = 8;
    private const int LooksPerCheck = 256;
    private const int LooksBeforeYield = 50;
    private const int LooksPerYield = 5;
    private const int SleepMilliseconds = 1;

    /// <summary>How long a rank that has left may have left its last message under way.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromMilliseconds(200);

    private readonly int _looks = WaitProcessors.AreFewerThan(group.Members.Length) ? 4 : 5000;
    private readonly int _looksInBackground = WaitProcessors.AreFewerThan(group.Members.Length) ? 1 : 100;
    private long _start;
    private long _leftSince;

    /// <summary>Looks for ranks that cannot come to the call; throws where there is one.</summary>
    public delegate void Look(in CollectiveCall call);

    /// <summary>Whether requests of a call that failed may still be under way.</summary>
    public bool HasGivenUp { get; private set; }

    /// <summary>A call begins.</summary>
    public void Begin(in CollectiveCall call)
    {
        ThrowIfFailed(call);
        if (mpi.Failure is { } failure)
        {
            throw Report(call, TroubleKind.Stated, -1, CollectiveSentences.Lost(call, group.Name, group.Index, failure));
        }

        group.Begin(call);
        (_start, _leftSince) = (plane.Clock.GetTimestamp(), 0);
        if (call.CancellationToken.IsCancellationRequested)
        {
            throw Cancel(call);
        }
    }

    /// <summary>Waits for ranks to come: their heads travel between memory that is this backend's own.</summary>
    /// <param name="call">The call.</param>
    /// <param name="peer">The rank that is waited for; -1 for all.</param>
    /// <param name="requests">Requests.</param>
    /// <param name="count">How many.</param>
    /// <param name="look">Looks for ranks that cannot come.</param>
    public void AwaitRanks(in CollectiveCall call, int peer, nint* requests, int count, Look? look = null)
    {
        try
        {
            var looks = call.InBackground ? _looksInBackground : _looks;
            for (var number = 1; !mpi.Library.HaveEnded(requests, count); number++)
            {
                if (number < looks)
                {
                    Pause(call, number);
                    continue;
                }

                ThrowIfHopeless(call, peer, asksWhoLeft: true);
                look?.Invoke(call);
                group.FailureTask.Wait(SleepMilliseconds);
            }
        }
        catch
        {
            GiveUp(requests, count);
            throw;
        }
    }

    /// <summary>Waits for values, which lie in the caller's memory. Ranks that meet first have all come, so it does not sleep.</summary>
    /// <param name="call">The call.</param>
    /// <param name="backend">The end of the call.</param>
    /// <param name="requests">Requests.</param>
    /// <param name="count">How many.</param>
    public void AwaitValues(in CollectiveCall call, MpiBackend backend, nint* requests, int count)
    {
        try
        {
            for (var number = 1; !mpi.Library.HaveEnded(requests, count); number++)
            {
                Pause(call, number);
            }
        }
        catch
        {
            mpi.Stop(backend, group.Name);
            throw;
        }
    }

    /// <summary>Ranks make different calls.</summary>
    public CollectiveException Mismatch(in CollectiveCall call, int suspect) => Report(
        call,
        TroubleKind.Mismatch,
        suspect,
        new CollectiveMismatchException($"Expected rank {suspect} to make the call of rank {group.Index}, {CollectiveSentences.Describe(call, group.Name)}, but it makes another.")
        {
            Ranks = [suspect],
            Call = call.Kind,
            Sequence = call.Sequence,
            Tensor = call.Tensor,
        });

    /// <summary>Throws what all ranks throw, where the group has failed.</summary>
    public void ThrowIfFailed(in CollectiveCall call)
    {
        if (group.Failure is { } failure)
        {
            throw failure.ToException(call);
        }
    }

    private void GiveUp(nint* requests, int count)
    {
        HasGivenUp = true;
        mpi.LeaveUnfinished(() => mpi.Library.HaveEnded(requests, count));
    }

    private void Pause(in CollectiveCall call, int number)
    {
        if (number % LooksPerCheck == 0)
        {
            ThrowIfHopeless(call, -1, asksWhoLeft: !meets);
        }

        if (number > LooksBeforeYield && (number % LooksPerYield == 0 || number > _looks))
        {
            Thread.Yield();
        }
        else
        {
            Thread.SpinWait(PausesPerLook);
        }
    }

    private void ThrowIfHopeless(in CollectiveCall call, int peer, bool asksWhoLeft)
    {
        ThrowIfFailed(call);
        if (call.CancellationToken.IsCancellationRequested)
        {
            throw Cancel(call);
        }

        if (asksWhoLeft)
        {
            ThrowIfLeft(call, peer);
        }

        if (plane.Clock.GetElapsedTime(_start) >= call.Timeout)
        {
            int[] suspects = peer >= 0 ? [peer] : [.. Enumerable.Range(0, group.Members.Length).Where(m => m != group.Index)];
            throw Report(call, TroubleKind.Timeout, peer, group.TimedOut(call, suspects));
        }
    }

    /// <summary>A rank that has left after so many calls of the group has not come to this one. A message can only be told by the calls before it.</summary>
    private void ThrowIfLeft(in CollectiveCall call, int peer)
    {
        var needed = peer >= 0 ? group.Begun : call.Sequence;
        for (var member = 0; member < group.Members.Length; member++)
        {
            if (member == group.Index || (peer >= 0 && member != peer) || group.LeftAfter(member) > needed)
            {
                continue;
            }

            _leftSince = _leftSince == 0 ? plane.Clock.GetTimestamp() : _leftSince;
            if (plane.Clock.GetElapsedTime(_leftSince) > LeavePatience)
            {
                throw Report(call, TroubleKind.Left, member, CollectiveSentences.Lost(call, group.Name, member, "it left the group"));
            }
        }
    }

    /// <summary>Tells rank 0.</summary>
    /// <returns>What all ranks throw.</returns>
    private CollectiveException Report(in CollectiveCall call, TroubleKind kind, int suspect, CollectiveException fallback)
    {
        var stated = kind == TroubleKind.Stated ? GroupFailure.From(fallback) : null;
        return plane.Settle(group, new(group.Id, kind, CallCodec.Encode(call), suspect, call.Timeout.TotalSeconds, stated), GroupFailure.From(fallback)).ToException(call);
    }

    private OperationCanceledException Cancel(in CollectiveCall call)
    {
        Report(call, TroubleKind.Stated, group.Index, CollectiveSentences.Cancelled(call, group.Name, group.Index));
        return new(call.CancellationToken);
    }
}
