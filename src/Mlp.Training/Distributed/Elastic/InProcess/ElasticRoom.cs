using System.Globalization;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.Elastic.InProcess;

/// <summary>Where members that are threads of one process gather. Whoever sees that all who are waited for have come forms the generation for all. Thread-safe.</summary>
/// <param name="options">Settings.</param>
/// <param name="count">Members that begin.</param>
/// <param name="wrap">Makes a rank's end into another.</param>
internal sealed class ElasticRoom(ElasticGroupOptions options, int count, Func<CollectiveBackend, CollectiveBackend> wrap)
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock = options.Group.TimeProvider;
    private readonly List<RoomMember> _present = [];
    private readonly Dictionary<string, ElasticMember> _ended = new(StringComparer.Ordinal);
    private readonly HashSet<int> _blamed = [];
    private ElasticRoster? _roster;
    private IReadOnlyDictionary<string, string> _facts = new Dictionary<string, string>();
    private long _since;
    private int _created;

    /// <summary>Settings.</summary>
    public ElasticGroupOptions Options => options;

    /// <summary>The clock of time limits.</summary>
    public TimeProvider Clock => _clock;

    /// <summary>Whether a generation has been formed.</summary>
    public bool HasRoster
    {
        get
        {
            lock (_lock)
            {
                return _roster is not null;
            }
        }
    }

    /// <summary>Whether others wait to join, and there is room.</summary>
    public bool HasNewcomers
    {
        get
        {
            lock (_lock)
            {
                return _roster is { } roster && roster.Members.Count < options.MaximumMembers && _present.Exists(m => !roster.Has(m.Id));
            }
        }
    }

    /// <summary>Makes a member.</summary>
    /// <param name="rank">Its place among those that begin.</param>
    public RoomMember CreateMember(int rank) => new(this, rank);

    /// <summary>A member for the next roster.</summary>
    public ElasticMember Describe(int rank)
    {
        var number = Interlocked.Increment(ref _created);
        return new()
        {
            Id = number.ToString(CultureInfo.InvariantCulture),
            FirstRank = rank,
            Title = string.Create(CultureInfo.InvariantCulture, $"member {number} of this process"),
        };
    }

    /// <summary>A member comes.</summary>
    public void Come(RoomMember member, IReadOnlyCollection<int> blamed)
    {
        lock (_lock)
        {
            _ended.Remove(member.Id);
            if (_roster is { } roster && member.HasBeenIn && !roster.Has(member.Id))
            {
                throw new ElasticGroupException(ElasticFailure.GivenUp, FormattableString.Invariant(
                    $"Expected {member.Self.Title} to form generation {roster.Generation} of group '{options.Group.Name}' with the others, but they have gone on without it: it came too late."));
            }

            if (_roster is not null && !_roster.Has(member.Id) && Misfit(member) is { } misfit)
            {
                throw misfit;
            }

            if (!_present.Exists(m => IsOfOld(m)) && IsOfOld(member))
            {
                _since = _clock.GetTimestamp();
                _blamed.Clear();
            }

            _blamed.UnionWith(blamed);
            _present.Add(member);
        }
    }

    /// <summary>A member goes, before a generation was formed.</summary>
    public void Go(RoomMember member)
    {
        lock (_lock)
        {
            _present.Remove(member);
        }
    }

    /// <summary>A member is not waited for any more.</summary>
    public void End(RoomMember member, bool hasEnded)
    {
        lock (_lock)
        {
            if (!hasEnded)
            {
                _ended.Remove(member.Id);
                return;
            }

            _ended[member.Id] = member.Self;
        }
    }

    /// <summary>Forms the generation where all have come, and gives those who wait what they wait for.</summary>
    public void Look()
    {
        lock (_lock)
        {
            if (!_present.Exists(IsOfOld))
            {
                return;
            }

            var waited = _clock.GetElapsedTime(_since);
            var rule = new FormationRule(options, _roster?.Members.Count ?? count, _roster is null);
            var absent = (_roster?.Members ?? _ended.Values.AsEnumerable()).Where(m => !_present.Exists(p => p.Id == m.Id)).ToList();
            var awaited = _roster is null
                ? count - _present.Select(m => m.Self).Concat(absent).Count(m => m.FirstRank < count)
                : absent.Count(m => !_ended.ContainsKey(m.Id) && waited < LimitFor(m.Id));
            var isMajority = _roster?.IsMajority(id => _present.Exists(p => p.Id == id), _ended.ContainsKey) ?? true;
            switch (rule.Decide(_present.Count, awaited, isMajority, waited))
            {
                case FormationStep.Wait:
                    break;
                case FormationStep.Form:
                    Form();
                    break;
                case var step:
                    var failure = rule.Failure(step, _present.Count, [.. absent.Select(m => $"{m.Title} {(_ended.ContainsKey(m.Id) ? "has ended" : "did not come")}")]);
                    _present.ForEach(m => m.Outcome = failure);
                    _present.Clear();
                    break;
            }
        }
    }

    private TimeSpan LimitFor(string member) => _blamed.Contains(_roster!.RankOf(member)) ? 2 * options.Group.Rendezvous.HeartbeatInterval : options.WaitForMembers;

    // Newcomers alone form nothing while others work.
    private bool IsOfOld(RoomMember member) => _roster is null || _roster.Has(member.Id);

    private ElasticGroupException? Misfit(RoomMember member) => ElasticFacts.FindDifference(_facts, member.Facts) is { } difference
        ? new(ElasticFailure.Refused, $"Expected {member.Self.Title} to do the same as group '{options.Group.Name}', but {difference}.")
        : null;

    private void Form()
    {
        var members = _present.OrderBy(m => _roster?.RankOf(m.Id) is >= 0 and var rank ? rank : int.MaxValue).ThenBy(m => m.Self.FirstRank).Take(options.MaximumMembers).ToList();
        _facts = members[0].Facts;
        var generation = (_roster?.Generation ?? 0) + 1;
        _roster = new(generation.ToString(CultureInfo.InvariantCulture), generation, [.. members.Select(m => m.Self)]);
        var groups = ProcessGroup.CreateInProcess(members.Count, options.Group, wrap);
        for (var rank = 0; rank < members.Count; rank++)
        {
            members[rank].Outcome = new ElasticFormation(groups[rank], _roster);
            _present.Remove(members[rank]);
        }
    }
}
