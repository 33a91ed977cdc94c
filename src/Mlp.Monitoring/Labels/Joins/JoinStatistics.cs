namespace Mlp.Monitoring.Labels.Joins;

/// <summary>What a join read and found. Immutable.</summary>
/// <param name="LabelCount">Labels read, corrections included, of the names that were asked for.</param>
/// <param name="RowCount">Logged answers read.</param>
/// <param name="UnknownCount">Labels that count and name an answer that was not among those read.</param>
/// <param name="SpilledByteCount">Bytes that went to the disk on the way.</param>
internal sealed record JoinStatistics(long LabelCount, long RowCount, long UnknownCount, long SpilledByteCount)
{
    /// <summary>Labels that count and name an answer that was not among those read because it may have been left out by intent.</summary>
    public long LeftOutCount { get; init; }

    /// <summary>By model: labels that count and name an entity at a time that none of the answers read was about. Only models with such labels are in it.</summary>
    public required IReadOnlyDictionary<string, long> UnknownEntityCounts { get; init; }
}
