using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Routing;

/// <summary>
/// How the calls of a model are shared out where the registry holds no route of it, bound from the configuration section <c>MlPlatform:Models:name:Route</c>. A canary is none of these
/// settings: how far it is stands in the registry, so it is begun there (<see cref="ModelRoute.WithCanary"/>).
/// </summary>
public sealed class RouteOptions
{
    /// <summary>The challengers by the name that their predictions carry.</summary>
    public IDictionary<string, ChallengerOptions> Challengers { get; } = new Dictionary<string, ChallengerOptions>(StringComparer.Ordinal);

    /// <summary>The shadows by their name.</summary>
    public IDictionary<string, ShadowOptions> Shadows { get; } = new Dictionary<string, ShadowOptions>(StringComparer.Ordinal);

    /// <summary>What is hashed before each entity key; null for the model's name.</summary>
    /// <value>The default value is null.</value>
    public string? Salt { get; set; }

    /// <summary>Calls that may wait for each shadow, 2 to 65,536, rounded up to a power of two; further ones are dropped and counted. Also for shadows of a stored route.</summary>
    /// <value>The default value is 512.</value>
    [Range(2, 65_536)]
    public int ShadowQueueLength { get; set; } = 512;

    /// <summary>What is wrong beside <see cref="ShadowQueueLength"/>: the rest of the path of the setting and a sentence.</summary>
    internal IEnumerable<string> FindProblems()
    {
        var problems = Challengers.Where(c => c.Value.Share is not { } share || !RouteVariant.IsShare(share))
            .Select(c => FormattableString.Invariant(
                $"{nameof(Challengers)}:{c.Key}:{nameof(ChallengerOptions.Share)} must be between 0 and 1 in steps of 0.0001, but is {(c.Value.Share is { } share ? $"{share}" : "empty")}."))
            .Concat(Shadows.Where(s => s.Value.SampleRate is not (> 0 and <= 1))
                .Select(s => FormattableString.Invariant($"{nameof(Shadows)}:{s.Key}:{nameof(ShadowOptions.SampleRate)} must be above 0 and at most 1, but is {s.Value.SampleRate}.")))
            .Concat(Challengers.Select(c => FindNoAlias(nameof(Challengers), c.Key, c.Value)))
            .Concat(Shadows.Select(s => FindNoAlias(nameof(Shadows), s.Key, s.Value)))
            .OfType<string>()
            .ToList();
        return problems.Count > 0 || RouteRules.FindProblem(ToRoute()) is not { } problem ? problems : [$" {problem}"];
    }

    private static string? FindNoAlias(string section, string name, RouteTargetOptions target)
        => target is { Version: null, Alias: { } alias } ? PlatformName.FindSettingProblem(alias, $"{section}:{name}:{nameof(RouteTargetOptions.Alias)}") : null;

    /// <summary>The route, with the buckets of its challengers dealt out in the order of their names.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A share is none.</exception>
    internal ModelRoute ToRoute()
    {
        var route = new ModelRoute
        {
            Variants =
            [
                .. Challengers.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => new RouteVariant
                {
                    Name = c.Key,
                    Target = c.Value.ToTarget(c.Key),
                    ShareBasisPoints = RouteVariant.ToBasisPoints(c.Value.Share ?? 0, nameof(ChallengerOptions.Share)),
                }),
            ],
            Shadows =
            [
                .. Shadows.OrderBy(s => s.Key, StringComparer.Ordinal)
                    .Select(s => new RouteShadow { Name = s.Key, Target = s.Value.ToTarget(s.Key), SampleRate = s.Value.SampleRate }),
            ],
            Salt = Salt,
        };
        return RouteRules.FindProblem(route) is null ? BucketAssignment.Assign(route, previous: null) : route;
    }
}
