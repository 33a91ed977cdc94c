namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Ranks of a host that have fewer processors among them than they are.</summary>
/// <param name="Host">The host.</param>
/// <param name="Ranks">How many ranks.</param>
/// <param name="Processors">How many processors they share.</param>
internal readonly record struct CrowdedProcessors(string Host, int Ranks, int Processors)
{
    /// <summary>Finds the first such ranks.</summary>
    /// <param name="roll">All ranks.</param>
    /// <returns>Null where each rank can have a processor.</returns>
    public static CrowdedProcessors? Find(IReadOnlyList<RankPlace> roll)
    {
        foreach (var host in roll.GroupBy(r => r.Host, StringComparer.Ordinal))
        {
            var ranks = host.Select(r => (Place: r, Numbers: r.ProcessorNumbers)).ToList();
            var isKnown = ranks.TrueForAll(r => r.Numbers.Count > 0);
            var (most, all) = (ranks.Max(r => r.Place.Processors), ranks.SelectMany(r => r.Numbers).ToHashSet());

            // Without a share of its time each rank has what it is bound to.
            var count = isKnown && ranks.TrueForAll(r => r.Place.Processors >= r.Numbers.Count) ? all.Count : most;
            if (ranks.Count > count)
            {
                return new(host.Key, ranks.Count, count);
            }

            // Ranks that are bound to a part of the host have nothing of the rest.
            foreach (var part in isKnown ? ranks.Select(r => r.Numbers) : [])
            {
                var within = ranks.Count(r => r.Numbers.IsSubsetOf(part));
                if (within > part.Count)
                {
                    return new(host.Key, within, part.Count);
                }
            }
        }

        return null;
    }
}
