namespace Mlp.Features.Offline;

/// <summary>Removes data files that no commit that is kept has any more. Thread-safe, also beside other processes.</summary>
/// <param name="view">The view.</param>
internal sealed class OfflineExpiry(OfflineView view)
{
    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Removes files that a compaction took out long enough ago, and those that a deletion erased and a crash left.</summary>
    /// <param name="retention">How long files are kept after a compaction.</param>
    /// <returns>Number of files removed.</returns>
    internal int Run(TimeSpan retention)
    {
        var limit = view.Now - (retention.Ticks / TimeSpan.TicksPerMicrosecond);
        lock (_gate)
        {
            var unneeded = view.Log.Files().Files
                .Where(file => file.ErasedBy is not null || file.RemovedBy is { } by && by.CommittedTime <= limit)
                .Select(file => file.File.Path)
                .Where(path => !_gone.Contains(path))
                .ToList();
            if (unneeded.Count == 0)
            {
                return 0;
            }

            var removed = view.Writer.Erase(unneeded);
            _gone.UnionWith(unneeded);
            OfflineMetrics.ExpiredFiles.Add(removed);
            return removed;
        }
    }
}
