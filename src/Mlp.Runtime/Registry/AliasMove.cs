namespace Mlp.Runtime.Registry;

/// <summary>One move of an alias, as its history keeps it. Immutable.</summary>
/// <param name="Version">Where the alias points since then; null where it was removed.</param>
/// <param name="Revision">Counts the moves, from 1.</param>
/// <param name="MovedAt">When it moved, UTC.</param>
/// <param name="PreviousVersion">Where it pointed before; null for nowhere.</param>
/// <param name="Reason">Why it moved.</param>
public sealed record AliasMove(int? Version, long Revision, DateTimeOffset MovedAt, int? PreviousVersion, string? Reason);
