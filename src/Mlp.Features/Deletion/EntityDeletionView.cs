namespace Mlp.Features.Deletion;

/// <summary>What a deletion of an entity did in one version of a view. Immutable.</summary>
/// <param name="View">Name of the view.</param>
/// <param name="Version">Version of the view.</param>
/// <param name="Commit">Number of the offline commit; null when no data file had rows of the entity.</param>
/// <param name="OfflineRowCount">Number of rows that the newest offline commit lost.</param>
/// <param name="FileCount">Number of data files that were erased, also those that only earlier commits had.</param>
public sealed record EntityDeletionView(string View, int Version, long? Commit, long OfflineRowCount, int FileCount);
