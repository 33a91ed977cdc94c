using System.Text.Json.Serialization;

namespace Mlp.Features.Offline;

/// <summary>What a commit is for. The names are those in its file.</summary>
internal enum OfflineCommitKind
{
    /// <summary>Rows of a source batch.</summary>
    [JsonStringEnumMemberName("ingest")]
    Ingest,

    /// <summary>Rows that were pushed, brought over from the online store's write-ahead log.</summary>
    [JsonStringEnumMemberName("push")]
    Push,

    /// <summary>The same rows in other files, of equal ones the latest. The files that it removes stay for a while, for earlier commits.</summary>
    [JsonStringEnumMemberName("compaction")]
    Compaction,

    /// <summary>All rows of an entity are gone, also from the files of earlier commits.</summary>
    [JsonStringEnumMemberName("deletion")]
    Deletion,
}
