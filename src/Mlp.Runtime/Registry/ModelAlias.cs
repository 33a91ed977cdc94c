namespace Mlp.Runtime.Registry;

/// <summary>A name that points at a version.</summary>
/// <param name="Name">Alias name, for example <c>champion</c>.</param>
/// <param name="Version">The version it points at.</param>
/// <param name="Revision">Counts the moves, from 1; what a compare-and-swap compares.</param>
/// <param name="MovedAt">When it last moved, UTC.</param>
/// <param name="PreviousVersion">Where it pointed before; null for the first time.</param>
/// <param name="Reason">Why it moved.</param>
public sealed record ModelAlias(string Name, int Version, long Revision, DateTimeOffset MovedAt, int? PreviousVersion, string? Reason);
