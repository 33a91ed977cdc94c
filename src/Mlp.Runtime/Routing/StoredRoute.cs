namespace Mlp.Runtime.Routing;

/// <summary>A route as the registry holds it. Immutable.</summary>
/// <param name="Route">The route; null where it was removed, which only the history shows.</param>
/// <param name="Revision">Counts the changes, from 1; what a compare-and-swap compares.</param>
/// <param name="ChangedAt">When it was stored, UTC.</param>
/// <param name="Reason">Why it was changed.</param>
public sealed record StoredRoute(ModelRoute? Route, long Revision, DateTimeOffset ChangedAt, string? Reason);
