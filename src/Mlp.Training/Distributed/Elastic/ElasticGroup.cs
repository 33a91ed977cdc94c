using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Elastic.InProcess;
using Mlp.Training.Distributed.Elastic.Processes;

namespace Mlp.Training.Distributed.Elastic;

/// <summary>
/// One member's place in a group of ranks that outlives them: when a rank is lost, those that are left form the next generation, a <see cref="ProcessGroup"/> with fewer ranks, or with others that have joined. Members are
/// processes, or threads of this one (<see cref="CreateInProcess(int, ElasticGroupOptions?)"/>). The network trainer does all of this by itself (<see cref="Mlp.Training.Distributed.DataParallel.DataParallelOptions"/>); a program of one's
/// own calls <see cref="JoinAsync"/>, works with <see cref="Group"/>, and calls <see cref="ReformAsync"/> when a call has failed, or when all ranks have agreed that there are newcomers. Used by one thread.
/// </summary>
public sealed class ElasticGroup : IAsyncDisposable
{
    private static readonly Dictionary<string, string> NoFacts = [];

    private readonly ElasticMembership _membership;
    private readonly TimeProvider _clock;
    private IReadOnlyDictionary<string, string> _facts = NoFacts;
    private ElasticRoster? _roster;
    private bool _isDisposed;

    /// <summary>Makes this process a member; it answers others from now on, and takes part from <see cref="JoinAsync"/> on.</summary>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="Launch.LaunchException">The address of the first member, or the secret, are missing or do not fit.</exception>
    public ElasticGroup(ElasticGroupOptions? options = null)
        : this((options ?? new()).Validated(), static o => ProcessMembership.Create(o))
    {
    }

    private ElasticGroup(ElasticGroupOptions settings, Func<ElasticGroupOptions, ElasticMembership> create)
    {
        (Options, _clock) = (settings, settings.Group.TimeProvider);
        _membership = create(settings);
    }

    /// <summary>The present generation's ranks; null before <see cref="JoinAsync"/>. It belongs to this object.</summary>
    public ProcessGroup? Group { get; private set; }

    /// <summary>Number of the present generation, from 1; 0 before <see cref="JoinAsync"/>.</summary>
    public int Generation => _roster?.Generation ?? 0;

    /// <summary>How the present generation came about; null before <see cref="JoinAsync"/>.</summary>
    public ElasticChange? LastChange { get; private set; }

    /// <summary>Whether others wait to join, and there is room. Rank 0 knows; it tells the others by a call of <see cref="Group"/>, so that all come to <see cref="ReformAsync"/> together.</summary>
    public bool HasNewcomers => _membership.HasNewcomers;

    /// <summary>Settings, which nobody changes.</summary>
    internal ElasticGroupOptions Options { get; }

    /// <summary>Creates members that are threads of this process, and that begin together.</summary>
    /// <param name="count">Number of members, 1 to 1,024.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <returns>The members, each for one thread.</returns>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static IReadOnlyList<ElasticGroup> CreateInProcess(int count, ElasticGroupOptions? options = null) => CreateInProcess(count, options, static end => end);

    /// <summary>Makes another member, a thread of this process as this one is, which joins when the others form their next generation.</summary>
    /// <exception cref="NotSupportedException">Members are processes.</exception>
    public ElasticGroup CreateNewcomer() => new(Options, _ => _membership.CreateNewcomer());

    /// <summary>Joins: waits until the first generation is formed, or until those that are there let this member in. Does nothing where it has joined already.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The ranks.</returns>
    /// <exception cref="ElasticGroupException">This member cannot join.</exception>
    /// <exception cref="Launch.RendezvousException">No group was found in time.</exception>
    public async Task<ProcessGroup> JoinAsync(CancellationToken cancellationToken = default) => Group ?? await FormAsync(null, cancellationToken).ConfigureAwait(false);

    /// <summary>Leaves the present generation and forms the next one with all others that do the same.</summary>
    /// <param name="cause">What a call has thrown; null where all have agreed to let others in.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The ranks of the next generation.</returns>
    /// <exception cref="ElasticGroupException">This member cannot go on: too few are left, or the others have gone on without it.</exception>
    /// <exception cref="Launch.RendezvousException">This member was to join again, and no group was found in time.</exception>
    public Task<ProcessGroup> ReformAsync(CollectiveException? cause = null, CancellationToken cancellationToken = default) => FormAsync(cause, cancellationToken);

    /// <summary>Leaves; the others go on without this member.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _membership.DisposeAsync().ConfigureAwait(false);
        if (Group is { } group)
        {
            await group.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="CreateInProcess(int, ElasticGroupOptions?)"/>
    /// <param name="count">Number of members, 1 to 1,024.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="wrap">Makes a rank's end of a generation into another, which injects faults.</param>
    internal static IReadOnlyList<ElasticGroup> CreateInProcess(int count, ElasticGroupOptions? options, Func<CollectiveBackend, CollectiveBackend> wrap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1024);
        var settings = (options ?? new()).Validated();
        var room = new ElasticRoom(settings, count, wrap);
        return [.. Enumerable.Range(0, count).Select(rank => new ElasticGroup(settings, _ => room.CreateMember(rank)))];
    }

    /// <summary>Says what a newcomer must have in common with this member.</summary>
    internal void Require(IReadOnlyDictionary<string, string> facts) => _facts = facts;

    /// <summary>Says whether this member has done all its work, so that others who have to go back a little need not wait for it.</summary>
    internal void SetDone(bool isDone) => _membership.SetDone(isDone);

    private async Task<ProcessGroup> FormAsync(CollectiveException? cause, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var (start, former) = (_clock.GetTimestamp(), _roster);
        if (Group is { } old)
        {
            Group = null;
            await old.DisposeAsync().ConfigureAwait(false);
        }

        var (group, roster) = await _membership.FormAsync(cause?.Ranks ?? [], _facts, cancellationToken).ConfigureAwait(false);
        (Group, _roster) = (group, roster);
        LastChange = new(
            roster.Generation,
            roster.Members.Count,
            former?.Members.Count ?? 0,
            former is null ? [] : [.. former.Members.Where(m => !roster.Has(m.Id)).Select(m => FormattableString.Invariant($"rank {former.RankOf(m.Id)} ({m.Title})"))],
            former is null ? 0 : roster.Members.Count(m => !former.Has(m.Id)),
            cause?.Message,
            _clock.GetElapsedTime(start));
        return group;
    }
}
