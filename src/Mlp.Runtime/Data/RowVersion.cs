namespace Mlp.Runtime.Data;

/// <summary>What orders the rows of one entity in one feature view.</summary>
/// <param name="EventTime">When the values became true, microseconds.</param>
/// <param name="CreatedTime">When they became known, microseconds.</param>
/// <param name="Sequence">Ingest sequence: strictly increasing within a view over the life of the data directory.</param>
public readonly record struct RowVersion(long EventTime, long CreatedTime, long Sequence);
