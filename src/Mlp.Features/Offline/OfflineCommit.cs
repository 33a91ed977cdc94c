namespace Mlp.Features.Offline;

/// <summary>One commit of a view's offline store. Immutable.</summary>
internal sealed record OfflineCommit
{
    /// <summary>Number of the commit, from 1 without gaps.</summary>
    public required long Number { get; init; }

    /// <summary>What it is for.</summary>
    public required OfflineCommitKind Kind { get; init; }

    /// <summary>The source batch that it took in; a repeated ingest of the same batch changes nothing. Names with <c>mlp-</c> in front are the platform's.</summary>
    public required string BatchId { get; init; }

    /// <summary>When it was made, microseconds since the Unix epoch.</summary>
    public required long CommittedTime { get; init; }

    /// <summary>Number of rows added.</summary>
    public required long RowCount { get; init; }

    /// <summary>Number of added rows with a null in their key; they are kept and never joined.</summary>
    public required long NullKeyRowCount { get; init; }

    /// <summary>Ingest sequence of the first added row; the others follow in steps of two in the order of the source. Meaningless when no row was added.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>The highest ingest sequence of this commit and all before.</summary>
    public required long LastSequence { get; init; }

    /// <summary>For a commit of pushed rows: the sequence of the last of them. All pushed rows up to it are in this commit or in one before. Null for other commits.</summary>
    public long? PushedThrough { get; init; }

    /// <summary>The data files added.</summary>
    public required IReadOnlyList<OfflineFile> Added { get; init; }

    /// <summary>Paths of the data files that are no longer part of the view, relative to its folder.</summary>
    public IReadOnlyList<string> Removed { get; init => field = value ?? []; } = [];

    /// <summary>For a deletion: the data files that held its rows and what stands in their place, also at earlier commits. They are erased at once, unlike files that a compaction removed.</summary>
    public IReadOnlyList<OfflineReplacement> Replaced { get; init => field = value ?? []; } = [];
}
