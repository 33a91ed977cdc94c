namespace Mlp.Training.Distributed.Elastic;

/// <summary>The members of one generation of an elastic group, in the order of their ranks.</summary>
/// <param name="Id">Name of the roster: two that are drawn up at the same time may have the same number.</param>
/// <param name="Generation">Number of the generation, from 1.</param>
/// <param name="Members">The members.</param>
internal sealed record ElasticRoster(string Id, int Generation, IReadOnlyList<ElasticMember> Members)
{
    /// <summary>The rank of a member; -1 for none.</summary>
    public int RankOf(string member)
    {
        for (var rank = 0; rank < Members.Count; rank++)
        {
            if (Members[rank].Id == member)
            {
                return rank;
            }
        }

        return -1;
    }

    /// <summary>Whether it has a member.</summary>
    public bool Has(string member) => RankOf(member) >= 0;

    /// <summary>
    /// Whether some of its members may go on for all: more than half of those that are not known to have ended, or half of them with the lowest rank. So of two parts that cannot see each other one goes on at most.
    /// </summary>
    /// <param name="isPresent">Whether a member is among them.</param>
    /// <param name="hasEnded">Whether a member is known to have ended.</param>
    public bool IsMajority(Func<string, bool> isPresent, Func<string, bool> hasEnded)
    {
        var counted = Members.Where(m => !hasEnded(m.Id)).ToList();
        var present = counted.Count(m => isPresent(m.Id));
        return 2 * present > counted.Count || (present > 0 && 2 * present == counted.Count && isPresent(counted[0].Id));
    }
}
