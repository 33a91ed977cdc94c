namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>What rank 0 knows of one group.</summary>
/// <param name="id">The group's name between processes.</param>
/// <param name="name">Its name in sentences.</param>
/// <param name="members">Its ranks, as ranks of the world.</param>
internal sealed class GroupRecord(string id, string name, int[] members)
{
    /// <summary>The group's name between processes.</summary>
    public string Id => id;

    /// <summary>Its name in sentences.</summary>
    public string Name => name;

    /// <summary>Its ranks, as ranks of the world.</summary>
    public int[] Members => members;

    /// <summary>Exchanges under way: what members have given so far.</summary>
    public Dictionary<int, byte[]?[]> Exchanges { get; } = [];

    /// <summary>Members that have left, by place.</summary>
    public HashSet<int> Left { get; } = [];

    /// <summary>What all throw; null while the group works.</summary>
    public GroupFailure? Verdict { get; set; }

    /// <summary>The question under way; null for none.</summary>
    public GroupInquest? Inquest { get; set; }

    /// <summary>Place of a rank of the world; -1 where it is no member.</summary>
    public int IndexOf(int rank) => Array.IndexOf(members, rank);
}
