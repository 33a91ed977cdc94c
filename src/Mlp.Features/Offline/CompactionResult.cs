namespace Mlp.Features.Offline;

/// <summary>What a compaction did. Immutable.</summary>
/// <param name="View">Name of the view.</param>
/// <param name="Version">Version of the view.</param>
/// <param name="Commit">Number of its commit; null when there was nothing to do.</param>
/// <param name="FilesBefore">Number of files that it took.</param>
/// <param name="FilesAfter">Number of files that it wrote.</param>
/// <param name="RowsBefore">Number of rows in the files that it took.</param>
/// <param name="RowsAfter">Number of rows in the files that it wrote; the difference are rows with the key, event time and created time of a later one.</param>
public sealed record CompactionResult(string View, int Version, long? Commit, int FilesBefore, int FilesAfter, long RowsBefore, long RowsAfter);
