using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Offline;

/// <summary>A commit of the offline store cannot be read any more: its files were compacted, and removed when they had been kept for <see cref="FeatureStoreOptions.RemovedFileRetention"/>.</summary>
public sealed class OfflineCommitExpiredException : MlPlatformException
{
    internal OfflineCommitExpiredException(FeatureViewDefinition view, long commit, OfflineCommit removedBy)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Expected commit {commit} of {view} to be readable, but it has expired: commit {removedBy.Number} replaced files of it at {Microseconds.ToDateTimeOffset(removedBy.CommittedTime):yyyy-MM-dd HH:mm:ss}Z, and they were removed after {nameof(FeatureStoreOptions.RemovedFileRetention)}. Commits from {removedBy.Number} on may be readable."))
    {
        View = view.Name;
        Version = view.Version;
        Commit = commit;
    }

    /// <summary>Name of the view.</summary>
    public string View { get; }

    /// <summary>Version of the view.</summary>
    public int Version { get; }

    /// <summary>Number of the commit.</summary>
    public long Commit { get; }
}
