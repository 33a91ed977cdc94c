namespace Mlp.Features.Materialization;

/// <summary>What a materialization did. When it is returned, the rows are on the device and can be read.</summary>
/// <param name="View">Name of the view.</param>
/// <param name="Version">Version of the view.</param>
/// <param name="FromCommit">The first offline commit whose rows were looked at; one more than <paramref name="ToCommit"/> when there was no new one.</param>
/// <param name="ToCommit">The last offline commit whose rows were looked at; 0 when there is none.</param>
/// <param name="RowCount">Number of entities whose latest row was brought into the online store; a row that was there already, or has been replaced by a later one, changes nothing.</param>
/// <param name="AsOf">The time as of which rows were visible.</param>
public sealed record MaterializationResult(string View, int Version, long FromCommit, long ToCommit, long RowCount, DateTimeOffset AsOf);
