namespace Mlp.Features.Offline;

/// <summary>What the commits say of one data file. Immutable.</summary>
/// <param name="File">The file.</param>
/// <param name="AddedBy">The first commit whose rows it has as they are read at that commit: the one that added it, or the one that added the file in whose place it stands.</param>
/// <param name="RowsThrough">The last commit that brought rows of it: itself for an ingest or push, that of the rows for a compacted file. A reader who has seen this commit has seen its rows.</param>
internal sealed record OfflineFileHistory(OfflineFile File, long AddedBy, long RowsThrough)
{
    /// <summary>The first commit that brought rows of it.</summary>
    public long RowsFrom { get; init; } = RowsThrough;

    /// <summary>The commit that took it out of the view; earlier commits still have it. Null while it is live.</summary>
    public OfflineCommit? RemovedBy { get; init; }

    /// <summary>The deletion that erased it, from earlier commits too. Null if none.</summary>
    public OfflineCommit? ErasedBy { get; init; }

    /// <summary>Whether the file belongs to the newest commit.</summary>
    internal bool IsLive => RemovedBy is null && ErasedBy is null;

    /// <summary>Whether the file belongs to a commit.</summary>
    /// <param name="commit">Number of the commit.</param>
    internal bool IsAt(long commit) => ErasedBy is null && AddedBy <= commit && (RemovedBy is null || RemovedBy.Number > commit);
}
