namespace Mlp.Runtime.Routing;

/// <summary>The place of a version in its model's route. Immutable; a route that changes gives every version a new one.</summary>
/// <param name="Table">Who answers which call; only where calls come in, which is the champion, and only if there are challengers.</param>
/// <param name="Shadows">The shadows that see its answers; null when there are none.</param>
internal sealed record RouteSeat(RouteTable? Table, ShadowFeed? Shadows);
