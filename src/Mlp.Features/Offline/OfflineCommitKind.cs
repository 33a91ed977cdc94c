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

    /// <summary>The same rows in other files. Nothing writes one yet; it is read like any other.</summary>
    [JsonStringEnumMemberName("compaction")]
    Compaction,

    /// <summary>Fewer rows. Nothing writes one yet; it is read like any other.</summary>
    [JsonStringEnumMemberName("deletion")]
    Deletion,
}
