namespace Mlp.Features.Materialization;

/// <summary>What a materialization did. When it is returned, the rows are on the device and can be read.</summary>
/// <param name="View">Name of the view.</param>
/// <param name="Version">Version of the view.</param>
/// <param name="FromCommit">
/// The first offline commit that had not been looked at before: one more than <paramref name="ToCommit"/> when there was none. Rows may have been brought over even so: those of earlier commits whose times lay ahead the last time.
/// </param>
/// <param name="ToCommit">The last offline commit whose rows were looked at; 0 when there is none.</param>
/// <param name="RowCount">Number of entities whose latest row was brought into the online store; a row that was there already, or has been replaced by a later one, changes nothing.</param>
/// <param name="AsOf">The time as of which rows were visible.</param>
public sealed record MaterializationResult(string View, int Version, long FromCommit, long ToCommit, long RowCount, DateTimeOffset AsOf)
{
    /// <summary>
    /// Number of entities whose latest row was passed over, because it fits on no page of the online store (<see cref="Online.OnlineStoreOptions.PageSize"/>); they read what they read before. Ingests and pushes refuse such rows, so that
    /// these were taken in by an earlier version of the platform or with another page size. A warning in the log names the commit.
    /// </summary>
    public long PassedOverRowCount { get; init; }
}
