namespace Mlp.Features.Offline;

/// <summary>What taking over the rows of an earlier version of a view did. When it is returned, the rows are on the device.</summary>
/// <param name="View">Name of the view.</param>
/// <param name="FromVersion">The earlier version.</param>
/// <param name="Version">The version that has the rows now.</param>
/// <param name="Commit">Commit of that version; null when there were no new rows.</param>
/// <param name="RowCount">Number of rows taken over.</param>
public sealed record AdoptionResult(string View, int FromVersion, int Version, long? Commit, long RowCount);
