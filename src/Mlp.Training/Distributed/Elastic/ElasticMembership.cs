namespace Mlp.Training.Distributed.Elastic;

/// <summary>One member's end of an elastic group: how members find each other and agree who forms the next generation. For one thread.</summary>
internal abstract class ElasticMembership : IAsyncDisposable
{
    /// <summary>Whether others wait to join, and there is room. Known to rank 0.</summary>
    public abstract bool HasNewcomers { get; }

    /// <summary>Comes to form the next generation, and waits until it is formed.</summary>
    /// <param name="blamed">Ranks of the present generation that its failure names; they are waited for no longer.</param>
    /// <param name="facts">What a member must have in common with those that are there, by name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ElasticGroupException">This member cannot go on.</exception>
    /// <exception cref="Launch.RendezvousException">No group could be found.</exception>
    public abstract Task<ElasticFormation> FormAsync(IReadOnlyCollection<int> blamed, IReadOnlyDictionary<string, string> facts, CancellationToken cancellationToken);

    /// <summary>Says whether this member has done all its work, so that others need not wait for it.</summary>
    public abstract void SetDone(bool isDone);

    /// <summary>Makes another member of the same group.</summary>
    public abstract ElasticMembership CreateNewcomer();

    /// <summary>Leaves.</summary>
    public abstract ValueTask DisposeAsync();
}
