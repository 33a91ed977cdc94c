namespace Mlp.Features.Materialization;

/// <summary>How far a materialization is.</summary>
/// <param name="RowCount">Number of entities whose row is in the online store by now; what an interrupted call had done counts.</param>
/// <param name="TotalRowCount">Number of entities that there are to bring over.</param>
public readonly record struct MaterializationProgress(long RowCount, long TotalRowCount);
