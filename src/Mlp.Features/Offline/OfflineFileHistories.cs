namespace Mlp.Features.Offline;

/// <summary>The data files that the commits of a view name, in the order of the commits. Not thread-safe.</summary>
internal sealed class OfflineFileHistories
{
    private readonly OrderedDictionary<string, OfflineFileHistory> _files = new(StringComparer.Ordinal);

    /// <summary>All of them, gone ones too.</summary>
    internal IEnumerable<OfflineFileHistory> All => _files.Values;

    /// <summary>What is known of a file, or null.</summary>
    /// <param name="path">Path relative to the view's folder.</param>
    internal OfflineFileHistory? Find(string path) => _files.GetValueOrDefault(path);

    /// <summary>Takes in the next commit.</summary>
    /// <param name="commit">The commit.</param>
    internal void Apply(OfflineCommit commit)
    {
        var replacements = commit.Replaced.Where(replaced => replaced.By is not null).Select(replaced => replaced.By!.Path).ToHashSet(StringComparer.Ordinal);
        var erased = commit.Replaced.Select(replaced => replaced.Path).ToHashSet(StringComparer.Ordinal);
        var (rowsFrom, rowsThrough) = (long.MaxValue, 0L);
        foreach (var path in commit.Removed.Where(path => !erased.Contains(path)))
        {
            if (_files.TryGetValue(path, out var file))
            {
                (rowsFrom, rowsThrough) = (Math.Min(rowsFrom, file.RowsFrom), Math.Max(rowsThrough, file.RowsThrough));
                _files[path] = file with { RemovedBy = commit };
            }
        }

        foreach (var file in commit.Added.Where(file => !replacements.Contains(file.Path)))
        {
            _files[file.Path] = commit.Kind == OfflineCommitKind.Compaction && rowsThrough > 0
                ? new OfflineFileHistory(file, commit.Number, rowsThrough) { RowsFrom = rowsFrom }
                : new OfflineFileHistory(file, commit.Number, commit.Number);
        }

        foreach (var replaced in commit.Replaced)
        {
            Replace(replaced, commit);
        }
    }

    private void Replace(OfflineReplacement replaced, OfflineCommit commit)
    {
        if (!_files.TryGetValue(replaced.Path, out var file))
        {
            return;
        }

        _files[replaced.Path] = file with { ErasedBy = commit };
        if (replaced.By is { } by)
        {
            _files[by.Path] = file with { File = by };
        }
    }
}
