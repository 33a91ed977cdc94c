using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Materialization;

/// <summary>Brings pushed rows into the offline store, with the sequences they were given at the push. Thread-safe.</summary>
/// <param name="offline">The offline store.</param>
/// <param name="views">The views.</param>
internal sealed class OfflinePushTarget(OfflineStore offline, OnlineViews views) : IOfflinePushTarget
{
    /// <inheritdoc/>
    public long ReserveSequences(uint viewId, int count, long above) => offline.Open(views.Get(viewId).Definition).ReserveSequences(OfflineCommitKind.Push, count, above);

    /// <inheritdoc/>
    public long FindCommittedSequence(uint viewId) => offline.Open(views.Get(viewId).Definition).PushedThrough() ?? long.MinValue;

    /// <inheritdoc/>
    public Task CommitAsync(uint viewId, IReadOnlyList<PushedFrame> frames, CancellationToken cancellationToken)
        => Task.Run(() => Commit(viewId, frames, cancellationToken), cancellationToken);

    private void Commit(uint viewId, IReadOnlyList<PushedFrame> frames, CancellationToken cancellationToken)
    {
        var (definition, view) = views.Get(viewId);
        var target = offline.Open(definition);

        // A commit that failed after it got its name holds some of them.
        var committed = target.PushedThrough() ?? long.MinValue;
        frames = [.. frames.SkipWhile(frame => frame.LastSequence <= committed)];
        if (frames.Count == 0)
        {
            return;
        }

        var (first, last) = (frames[0].FirstSequence, frames[^1].LastSequence);
        using var staged = new StagedRows(target, offline.OpenSession(), withSequences: true);
        using (var batch = new PushedBatchBuilder(definition, view).Build(frames))
        {
            staged.Append(batch);
        }

        var batchId = string.Create(CultureInfo.InvariantCulture, $"{OfflineIngest.PlatformPrefix}push/{first}-{last}");
        staged.Commit(batchId, cancellationToken, (first, last));
    }
}
