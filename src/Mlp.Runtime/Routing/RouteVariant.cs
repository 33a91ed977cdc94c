using Mlp.Runtime.Data;

namespace Mlp.Runtime.Routing;

/// <summary>A challenger of the champion: a version that answers a share of the calls. Immutable.</summary>
public sealed record RouteVariant
{
    /// <summary>The name that its predictions carry; unique in the route.</summary>
    public required string Name { get; init; }

    /// <summary>Which version it is.</summary>
    public required RouteTarget Target { get; init; }

    /// <summary>Its share of the calls in hundredths of a percent, 0 to 10,000; with 0 it is not loaded.</summary>
    public required int ShareBasisPoints { get; init; }

    /// <summary>
    /// The buckets of entity keys that are its own, as many as its share. The registry assigns them when the route is stored: a share that grows keeps the buckets it had and takes
    /// buckets of the champion first, so that whoever was answered by the variant goes on being.
    /// </summary>
    public IReadOnlyList<BucketRange> Buckets
    {
        get => field ?? [];
        init;
    }

    /// <summary>Its share as a fraction.</summary>
    /// <value>0 to 1.</value>
    [System.Text.Json.Serialization.JsonIgnore]
    public double Share => ShareBasisPoints / (double)ModelRoute.WholeBasisPoints;

    /// <summary>Basis points of a fraction.</summary>
    /// <param name="share">0 to 1, in steps of 0.0001.</param>
    /// <param name="parameter">Name of the caller's parameter.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is no such fraction.</exception>
    internal static int ToBasisPoints(double share, string parameter)
        => IsShare(share)
            ? (int)Math.Round(share * ModelRoute.WholeBasisPoints)
            : throw new ArgumentOutOfRangeException(parameter, share, "Expected a share of 0 to 1 in steps of 0.0001.");

    /// <summary>Whether a number is a share of the calls: 0 to 1 in steps of a basis point.</summary>
    /// <param name="share">The number.</param>
    internal static bool IsShare(double share)
    {
        var points = Math.Round(share * ModelRoute.WholeBasisPoints);
        return points is >= 0 and <= ModelRoute.WholeBasisPoints && Math.Abs((share * ModelRoute.WholeBasisPoints) - points) < 1e-6;
    }

    /// <summary>What is wrong with it, as a sentence; null when nothing is.</summary>
    internal string? FindProblem() => PlatformName.FindProblem(Name, "variant")
        ?? RouteRules.FindProblem(Target, $"variant '{Name}'")
        ?? (ShareBasisPoints is < 0 or > ModelRoute.WholeBasisPoints
            ? FormattableString.Invariant($"Expected variant '{Name}' to have a share of 0 to 10000 basis points, but found {ShareBasisPoints}.")
            : null);
}
