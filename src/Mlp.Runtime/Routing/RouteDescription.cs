namespace Mlp.Runtime.Routing;

/// <summary>How the calls of a model are shared out in this process at the moment, and what has become of them. Immutable.</summary>
public sealed record RouteDescription
{
    /// <summary>Of a model that has no route.</summary>
    internal static RouteDescription None { get; } = new() { Route = ModelRoute.ChampionOnly, Variants = [], Shadows = [], Problems = [] };

    /// <summary>The route in force.</summary>
    public required ModelRoute Route { get; init; }

    /// <summary>The revision of the route in the registry; null when it is that of the options.</summary>
    public long? Revision { get; init; }

    /// <summary>The champion, then the challengers that have a share.</summary>
    public required IReadOnlyList<VariantDescription> Variants { get; init; }

    /// <summary>The shadows.</summary>
    public required IReadOnlyList<ShadowDescription> Shadows { get; init; }

    /// <summary>The canary; null when there is none.</summary>
    public CanaryDescription? Canary { get; init; }

    /// <summary>What stands in the way of the route, as sentences.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}
