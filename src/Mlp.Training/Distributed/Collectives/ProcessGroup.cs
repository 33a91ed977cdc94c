using Mlp.Training.Distributed.Diagnostics;

namespace Mlp.Training.Distributed.Collectives;

/// <summary>
/// One rank's place in a group of ranks that make calls together: threads of this process (<see cref="RunInProcess"/>), or processes of one or many machines. Every rank makes the same calls in the
/// same order. A call that cannot succeed throws on every rank, within its time limit, and names the rank that is to blame; the group is of no more use then.
/// </summary>
/// <remarks>
/// Calls run one after the other, in the order in which they were made, also those that several threads make and those that <c>Start…</c> leaves to the group's own thread. Safe for several threads; yet
/// ranks agree about the order of calls only where one thread makes them.
/// </remarks>
public sealed partial class ProcessGroup : IAsyncDisposable
{
    private readonly CollectiveBackend _backend;
    private readonly ProcessGroupOptions _options;
    private readonly CollectiveMetrics _metrics;
    private readonly object _turns = new();
    private readonly long[] _sent;
    private readonly long[] _received;
    private ICollectiveObserver? _observer;
    private CollectiveException? _failure;
    private long _nextTicket;
    private long _doneTickets;
    private long _calls;
    private bool _disposed;

    /// <summary>Creates the group.</summary>
    /// <param name="backend">The rank's end; the group disposes it.</param>
    /// <param name="options">Settings that have been validated.</param>
    internal ProcessGroup(CollectiveBackend backend, ProcessGroupOptions options)
    {
        (_backend, _options, _metrics) = (backend, options, new(backend.Name));
        (_sent, _received) = (new long[backend.WorldSize], new long[backend.WorldSize]);
    }

    /// <summary>This rank, 0 to <see cref="WorldSize"/> - 1.</summary>
    public int Rank => _backend.Rank;

    /// <summary>Number of ranks.</summary>
    public int WorldSize => _backend.WorldSize;

    /// <summary>What sentences and timelines call the group.</summary>
    public string Name => _options.Name;

    /// <summary>What moves the bytes: "in-process", "tcp", "mpi" or "nccl".</summary>
    public string Backend => _backend.Name;

    /// <summary>Why the group is of no more use; null while it works.</summary>
    public CollectiveException? Failure => Volatile.Read(ref _failure);

    /// <summary>The backend, for tests.</summary>
    internal CollectiveBackend End => _backend;

    /// <summary>Tells an observer of each call of this rank from here on, beside those that are told already.</summary>
    /// <param name="observer">Who is told.</param>
    internal void Attach(ICollectiveObserver observer)
    {
        lock (_turns)
        {
            _backend.Observer = _observer = CollectiveObservers.With(_observer, observer);
        }
    }

    /// <summary>Tells an observer of no more calls.</summary>
    /// <param name="observer">Who was told.</param>
    internal void Detach(ICollectiveObserver observer)
    {
        lock (_turns)
        {
            _backend.Observer = _observer = CollectiveObservers.Without(_observer, observer);
        }
    }

    /// <summary>Makes the calls of all ranks of the group, under way and to come, throw <see cref="RankLostException"/> that names this rank: for a rank that cannot go on. Does nothing in a group that has failed.</summary>
    /// <param name="reason">Why, as the end of a sentence, without a full stop.</param>
    /// <param name="cause">What has happened to this rank.</param>
    /// <exception cref="ArgumentException">There is no reason.</exception>
    public void Abort(string reason, Exception? cause = null)
    {
        if (string.IsNullOrWhiteSpace(reason))
        {
            throw new ArgumentException("Expected a reason, as the end of a sentence, but found none.", nameof(reason));
        }

        Break(CollectiveSentences.Lost(null, Name, Rank, reason, cause));
    }

    /// <summary>
    /// Forms groups of some ranks. All ranks call it with the list of their own group, those that are in none with an empty list. The new group is disposed by itself; a failure of this group ends it too where the backend
    /// sees both.
    /// </summary>
    /// <param name="ranks">Ranks of this group, in the order of their new ranks; the lists of two ranks are equal or share none.</param>
    /// <param name="name">Name of the new group; null for the name of this one and the number of the call. It is the same on all ranks of this group.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>This rank's place in the new group; null where the list is empty.</returns>
    /// <exception cref="ArgumentException">The list has a rank twice, a rank that is none of this group, or lacks this rank.</exception>
    /// <exception cref="CollectiveException">Lists overlap, or the call has failed.</exception>
    public ProcessGroup? Split(IReadOnlyList<int> ranks, string? name = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        if (ranks.Any(r => r < 0 || r >= WorldSize) || ranks.Distinct().Count() != ranks.Count || (ranks.Count > 0 && !ranks.Contains(Rank)))
        {
            throw new ArgumentException($"Expected different ranks of 0 to {WorldSize - 1} with rank {Rank} among them, or none, but found [{string.Join(", ", ranks)}].", nameof(ranks));
        }

        CollectiveCall call = new(-1, CollectiveKind.Split, ElementType.Byte, 0, ReduceOperation.Sum, -1) { Tensor = name, Timeout = Limit(timeout), CancellationToken = cancellationToken };
        var ticket = Number(ref call);
        var end = Make(call, ticket, [], [], ranks);
        return end is null ? null : new ProcessGroup(end, _options.ForGroup(CollectiveSentences.NameOfSplit(call, Name)));
    }

    /// <summary>Leaves the group. Calls under way fail on all ranks; later calls of other ranks get <see cref="RankLostException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        bool underWay;
        lock (_turns)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            underWay = _doneTickets != _nextTicket;
            Monitor.PulseAll(_turns);
        }

        if (underWay)
        {
            Break(CollectiveSentences.Lost(null, Name, Rank, "its group was disposed while a call was under way"));
        }

        _launcher?.Dispose();
        await EndThreadAsync().ConfigureAwait(false);
        await _backend.DisposeAsync().ConfigureAwait(false);
    }
}
