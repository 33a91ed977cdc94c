namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>Who has come to a host, at one moment.</summary>
internal sealed class Gathering
{
    private Gathering(ElasticMember self, ElasticRoster? adopted, IReadOnlyList<ElasticRoster> prepared, IReadOnlyList<ElasticSeat> seats, IReadOnlyList<ElasticMember> arrivals)
    {
        (Adopted, Seats, Arrivals) = (adopted, seats, arrivals);
        Rosters = adopted is null ? prepared : [adopted, .. prepared];
        Newest = Rosters.Select(r => r.Generation).DefaultIfEmpty(0).Max();
        GivenUpBy = adopted is not null && !Rosters.Any(r => r.Has(self.Id)) ? adopted : null;
        Members =
        [
            .. seats.Select(s => s.Call.Member).Append(self)
                .OrderBy(m => m.Id == self.Id ? -1 : Rosters.Select(r => r.RankOf(m.Id)).Where(r => r >= 0).DefaultIfEmpty(int.MaxValue).First())
                .ThenBy(m => m.FirstRank),
        ];
    }

    /// <summary>The newest generation that one of them was in; null for none.</summary>
    public ElasticRoster? Adopted { get; }

    /// <summary>That generation, and those that may have been formed since.</summary>
    public IReadOnlyList<ElasticRoster> Rosters { get; }

    /// <summary>The greatest number of a generation that is known.</summary>
    public int Newest { get; }

    /// <summary>Whether the first generation is to be formed.</summary>
    public bool IsFirst => Rosters.Count == 0;

    /// <summary>The generation that has gone on without the host; null for none.</summary>
    public ElasticRoster? GivenUpBy { get; }

    /// <summary>All who have come, the host among them, in the order of their next ranks. The host is the first: the next group meets where all have gathered.</summary>
    public IReadOnlyList<ElasticMember> Members { get; }

    /// <summary>All but the host.</summary>
    public IReadOnlyList<ElasticSeat> Seats { get; }

    /// <summary>Before the first generation all who have ever come, also those that are gone again.</summary>
    public IReadOnlyList<ElasticMember> Arrivals { get; }

    /// <summary>What a desk sees now.</summary>
    public static Gathering Of(ElasticDesk desk)
    {
        var (adopted, prepared, seats, arrivals) = desk.Look();
        return new(desk.Self, adopted, prepared, seats, arrivals);
    }

    /// <summary>Whether a member has come.</summary>
    public bool Has(string member) => Members.Any(m => m.Id == member);

    /// <summary>Whether those who have come may go on for all, whichever of the generations were formed.</summary>
    public bool IsMajority(Func<string, bool> hasEnded) => Rosters.All(r => r.IsMajority(Has, hasEnded));
}
