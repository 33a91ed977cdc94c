namespace Mlp.Features.Deletion;

/// <summary>What a deletion of an entity did. Immutable.</summary>
/// <param name="Views">One per version of a view that was looked through.</param>
public sealed record EntityDeletionResult(IReadOnlyList<EntityDeletionView> Views);
