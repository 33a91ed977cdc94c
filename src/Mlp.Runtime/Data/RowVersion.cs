namespace Mlp.Runtime.Data;

/// <summary>What orders the rows of one entity in one feature view.</summary>
/// <param name="EventTime">When the values became true, microseconds.</param>
/// <param name="CreatedTime">When they became known, microseconds.</param>
/// <param name="Sequence">
/// Ingest sequence: no two rows of a view share one over the life of the data directory. Rows of an ingest have even numbers and pushed rows odd ones, each kind in order of commit, starting at the clock in
/// microseconds or behind all that its process knows. So whatever begins after something else was committed has the higher number; an ingest and pushes that overlap have numbers that interleave.
/// </param>
internal readonly record struct RowVersion(long EventTime, long CreatedTime, long Sequence);
