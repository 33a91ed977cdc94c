namespace Mlp.Features.Deletion;

/// <summary>How an entity is deleted.</summary>
public sealed class EntityDeletionOptions
{
    /// <summary>
    /// Whether the files of the online store are rewritten before the task completes, so that none of them holds bytes of the entity any more: all kept rows are copied once. Otherwise replaced bytes, which are never read
    /// again, stay in its write-ahead log until the second checkpoint from now, and in its log of rows until that is compacted.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool EraseOnlineFiles { get; set; }
}
