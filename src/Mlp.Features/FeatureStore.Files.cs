using Mlp.Features.Definitions;
using Mlp.Features.Offline;

namespace Mlp.Features;

/// <content>The files of commits, for other engines.</content>
public sealed partial class FeatureStore
{
    /// <summary>The data files of a view as of a commit, for an engine that reads them itself. What was pushed before the call is in the newest commit.</summary>
    /// <param name="view">View name.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="timeTravel">The commit; null for the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The files; each was there with its length when this was called, and their contents are not checked.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view, or the commit is of another definition of it.</exception>
    /// <exception cref="OfflineCommitExpiredException">Files of the commit have been removed.</exception>
    /// <exception cref="Runtime.CorruptFileException">A commit is damaged, or a file is missing or has another length.</exception>
    public async Task<FeatureViewFiles> GetFilesAsync(string view, int? version = null, OfflineTimeTravel? timeTravel = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(view);
        return await GetFilesAsync(OpenView(view, version), timeTravel, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The data files of a view as of a commit.</summary>
    /// <param name="view">The view.</param>
    /// <param name="timeTravel">The commit; null for the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<FeatureViewFiles> GetFilesAsync(FeatureViewDefinition view, OfflineTimeTravel? timeTravel, CancellationToken cancellationToken)
    {
        EnsureOpen();
        await Online.FlushAsync(cancellationToken).ConfigureAwait(false);
        var snapshot = Offline.Open(view).GetSnapshot(timeTravel?.CommitOf(view, Offline));
        return new FeatureViewFiles(
            view.Name,
            view.Version,
            view.Fingerprint,
            snapshot.Commit,
            [.. snapshot.FullPaths.Select(path => Path.GetRelativePath(Directory.Root, path).Replace(Path.DirectorySeparatorChar, '/'))],
            snapshot.RowCount);
    }
}
