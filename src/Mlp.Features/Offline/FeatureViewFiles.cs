namespace Mlp.Features.Offline;

/// <summary>
/// The rows of a view as of one commit, for engines that read the store's Parquet files themselves: exactly these files. Their columns are the keys, <c>event_time</c>, <c>created_time</c> (timestamps without a zone, in
/// microseconds UTC), <c>ingest_sequence</c> (int64) and the features; a vector is a list of floats. Immutable.
/// </summary>
/// <param name="View">View name.</param>
/// <param name="Version">View version.</param>
/// <param name="Fingerprint">Fingerprint of the view.</param>
/// <param name="Commit">Number of the commit; 0 when there is none.</param>
/// <param name="Paths">The files, relative to the data directory, with <c>/</c>. They stay until a compaction took them out longer than <see cref="FeatureStoreOptions.RemovedFileRetention"/> ago, or an entity in them is deleted.</param>
/// <param name="RowCount">Number of rows.</param>
public sealed record FeatureViewFiles(string View, int Version, string Fingerprint, long Commit, IReadOnlyList<string> Paths, long RowCount);
