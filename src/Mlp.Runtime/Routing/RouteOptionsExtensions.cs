using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Inference;

/// <summary>The route of a model as a sentence of its options.</summary>
public static class RouteOptionsExtensions
{
    /// <summary>Lets a challenger answer a share of the calls: the same entities always, in every process.</summary>
    /// <param name="options">The options.</param>
    /// <param name="name">The name that its predictions carry.</param>
    /// <param name="share">Share of the calls, 0 to 1 in steps of 0.0001.</param>
    /// <param name="target">Which version; null for the alias of the same name.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The share is none.</exception>
    public static ModelOptions WithChallenger(this ModelOptions options, string name, double share, RouteTarget? target = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        RouteVariant.ToBasisPoints(share, nameof(share));
        var challenger = new ChallengerOptions { Share = share };
        challenger.Set(target);
        options.Route.Challengers[name] = challenger;
        return options;
    }

    /// <summary>Lets a version predict what others have answered, for comparison.</summary>
    /// <param name="options">The options.</param>
    /// <param name="name">Its name; its predictions carry <c>shadow:</c> and the name.</param>
    /// <param name="sampleRate">Share of the answered calls that it sees, above 0 and up to 1.</param>
    /// <param name="target">Which version; null for the alias of the same name.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    public static ModelOptions WithShadow(this ModelOptions options, string name, double sampleRate = 1, RouteTarget? target = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var shadow = new ShadowOptions { SampleRate = sampleRate };
        shadow.Set(target);
        options.Route.Shadows[name] = shadow;
        return options;
    }
}
