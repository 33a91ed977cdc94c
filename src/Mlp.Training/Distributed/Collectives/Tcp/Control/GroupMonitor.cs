using System.Collections.Concurrent;

namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>What one rank knows of one of its groups beside the values: its calls, who has left, and what has gone wrong. The thread that makes calls writes, the thread of the control channel reads, and the other way round.</summary>
/// <param name="id">The group's name between processes.</param>
/// <param name="name">The group's name in sentences.</param>
/// <param name="members">Its ranks, as ranks of the world.</param>
/// <param name="index">This rank's place among them.</param>
internal sealed class GroupMonitor(string id, string name, int[] members, int index)
{
    private const int HistoryLength = 128;

    private readonly Lock _lock = new();
    private readonly CollectiveCall[] _history = new CollectiveCall[HistoryLength];
    private readonly long[] _leftAfter = NeverLeft(members.Length);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<byte[][]>> _exchanges = new();
    private readonly TaskCompletionSource<GroupFailure> _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CollectiveCall _current;
    private bool _isInside;
    private long _begun;
    private GroupFailure? _failure;

    /// <summary>The group's name between processes.</summary>
    public string Id => id;

    /// <summary>The group's name in sentences.</summary>
    public string Name => name;

    /// <summary>Its ranks, as ranks of the world.</summary>
    public int[] Members => members;

    /// <summary>This rank's place among them.</summary>
    public int Index => index;

    /// <summary>What all ranks throw; null while the group works.</summary>
    public GroupFailure? Failure => Volatile.Read(ref _failure);

    /// <summary>Ends when the group has failed.</summary>
    public Task<GroupFailure> FailureTask => _verdict.Task;

    /// <summary>Calls of the whole group that this rank has begun.</summary>
    public long Begun
    {
        get
        {
            lock (_lock)
            {
                return _begun;
            }
        }
    }

    /// <summary>The call under way; null for none.</summary>
    public CollectiveCall? Current
    {
        get
        {
            lock (_lock)
            {
                return _isInside ? _current : null;
            }
        }
    }

    /// <summary>A call begins.</summary>
    public void Begin(in CollectiveCall call)
    {
        lock (_lock)
        {
            (_current, _isInside) = (call, true);
            if (call.Kind is not (CollectiveKind.Send or CollectiveKind.Receive))
            {
                _history[call.Sequence % HistoryLength] = call;
                _begun = call.Sequence + 1;
            }
        }
    }

    /// <summary>The call has ended.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isInside = false;
        }
    }

    /// <summary>A call of the whole group that this rank has begun; null where it has not, or too long ago.</summary>
    public CollectiveCall? Find(long sequence)
    {
        lock (_lock)
        {
            return sequence >= 0 && sequence < _begun && sequence >= _begun - HistoryLength ? _history[sequence % HistoryLength] : null;
        }
    }

    /// <summary>After how many calls a member has left; <see cref="long.MaxValue"/> where it has not.</summary>
    public long LeftAfter(int member) => Volatile.Read(ref _leftAfter[member]);

    /// <summary>A member has left.</summary>
    public void SetLeft(int member, long calls) => Volatile.Write(ref _leftAfter[member], calls);

    /// <summary>The group has failed. The first failure stays.</summary>
    public void Fail(GroupFailure failure)
    {
        // Whoever waits for the task finds the failure.
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            _verdict.SetResult(failure);
        }
    }

    /// <summary>
    /// What is thrown where rank 0 does not tell who has not come: its process stands still, and others may be waited for because they wait for it. Of a message, and of a group without rank 0, no more is known than who is waited for.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="awaited">Who is waited for.</param>
    public CollectiveTimeoutException TimedOut(in CollectiveCall call, int[] awaited)
        => call.Kind is not (CollectiveKind.Send or CollectiveKind.Receive) && Array.IndexOf(members, 0) is >= 0 and var first && first != index
            ? CollectiveSentences.Unanswered(call, name, first, call.Timeout)
            : CollectiveSentences.TimedOut(call, name, awaited, members.Length, call.Timeout);

    /// <summary>The place where the result of an exchange will be.</summary>
    public Task<byte[][]> AwaitOffers(int step) => Exchange(step).Task;

    /// <summary>The result of an exchange is there.</summary>
    public void SetOffers(int step, byte[][] payloads) => Exchange(step).TrySetResult(payloads);

    private TaskCompletionSource<byte[][]> Exchange(int step) => _exchanges.GetOrAdd(step, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private static long[] NeverLeft(int count)
    {
        var left = new long[count];
        Array.Fill(left, long.MaxValue);
        return left;
    }
}
