namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Which ranks of a group are on one host, as one of them sees it.</summary>
internal sealed class HostLayout
{
    /// <summary>Lays them out.</summary>
    /// <param name="hosts">Host of each rank.</param>
    /// <param name="rank">This rank.</param>
    public HostLayout(IReadOnlyList<string> hosts, int rank)
    {
        var groups = Enumerable.Range(0, hosts.Count).GroupBy(r => hosts[r], StringComparer.Ordinal).Select(g => g.ToArray()).ToArray();
        Host = Array.FindIndex(groups, g => g.Contains(rank));
        Local = groups[Host];
        LocalIndex = Array.IndexOf(Local, rank);
        Rails = groups.Min(g => g.Length);
        Rail = LocalIndex < Rails ? Array.ConvertAll(groups, g => g[LocalIndex]) : [];
        IsHierarchy = groups.Length > 1 && Array.Exists(groups, g => g.Length > 1);
    }

    /// <summary>Whether there are several hosts, one of them with several ranks.</summary>
    public bool IsHierarchy { get; }

    /// <summary>This rank's host, hosts being numbered in the order of their first ranks.</summary>
    public int Host { get; }

    /// <summary>Ranks of this host.</summary>
    public int[] Local { get; }

    /// <summary>This rank's place among them.</summary>
    public int LocalIndex { get; }

    /// <summary>How many ranks of each host exchange values with other hosts: as many as the host with the fewest has.</summary>
    public int Rails { get; }

    /// <summary>The ranks, one of each host, among which this one exchanges; empty where it does not.</summary>
    public int[] Rail { get; }
}
