namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>A member that has come to gather, and waits at the other end of its line.</summary>
internal sealed record ElasticSeat(ElasticCall Call, ElasticLine Line)
{
    /// <summary>Its name.</summary>
    public string Id => Call.Member.Id;
}
