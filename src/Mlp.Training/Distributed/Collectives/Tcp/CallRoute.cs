namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>The links of a call that does not go to all. Each rank's head goes to the next rank in any case, so that of ranks that make different calls two neighbours find out.</summary>
/// <param name="outgoing">Links on which a head is sent.</param>
/// <param name="incoming">Links on which one comes.</param>
internal sealed class CallRoute(PeerLink[] outgoing, PeerLink[] incoming)
{
    /// <summary>No links.</summary>
    public static CallRoute None { get; } = new([], []);

    /// <summary>Links on which a head is sent.</summary>
    public PeerLink[] Outgoing => outgoing;

    /// <summary>Links on which one comes.</summary>
    public PeerLink[] Incoming => incoming;

    /// <summary>Makes a route.</summary>
    /// <param name="links">Links by rank.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="to">Ranks to which values go.</param>
    /// <param name="from">Ranks from which they come.</param>
    public static CallRoute Make(PeerLink?[] links, int rank, IEnumerable<int> to, IEnumerable<int> from)
    {
        if (links.Length == 1)
        {
            return None;
        }

        PeerLink[] Find(IEnumerable<int> ranks) => [.. ranks.Distinct().Select(r => links[r]!)];
        return new(Find(to.Append(Next(links.Length, rank))), Find(from.Append(Before(links.Length, rank))));
    }

    /// <summary>The next place in a ring.</summary>
    public static int Next(int count, int place) => (place + 1) % count;

    /// <summary>The place before in a ring.</summary>
    public static int Before(int count, int place) => (place + count - 1) % count;
}
