using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Materialization;

/// <summary>Rows that a materialization leaves out because they fit on no page of the online store. Not thread-safe.</summary>
/// <param name="maximumLength">The greatest length of key and row together, in bytes.</param>
internal sealed class PassedOverRows(int maximumLength)
{
    private RowVersion _first;

    /// <summary>The greatest length of key and row together, in bytes.</summary>
    internal int MaximumLength => maximumLength;

    /// <summary>How many there are.</summary>
    internal long Count { get; private set; }

    /// <summary>Counts a row.</summary>
    /// <param name="version">Its version.</param>
    internal void Add(in RowVersion version)
    {
        if (Count++ == 0)
        {
            _first = version;
        }
    }

    /// <summary>Takes back what was counted by work that is begun anew.</summary>
    /// <param name="count">How many there were before.</param>
    internal void GoBackTo(long count) => Count = count;

    /// <summary>The commit that the first of them came with, and its number in that commit from 1; null where a commit says no more, as for rows that were taken over from an earlier version.</summary>
    /// <param name="commits">The commits of the view.</param>
    internal (long Commit, long Row)? FindFirst(IEnumerable<OfflineCommit> commits)
    {
        var sequence = _first.Sequence;
        return commits.FirstOrDefault(commit => commit is { Kind: OfflineCommitKind.Ingest or OfflineCommitKind.Push, RowCount: > 0 }
                && commit.FirstSequence <= sequence && sequence <= IngestSequences.Last(commit.FirstSequence, commit.RowCount) && (sequence - commit.FirstSequence) % IngestSequences.Step == 0) is { } found
            ? (found.Number, ((sequence - found.FirstSequence) / IngestSequences.Step) + 1)
            : null;
    }
}
