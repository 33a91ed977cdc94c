using Mlp.Runtime.Data;

namespace Mlp.Runtime.Routing;

/// <summary>
/// How the calls of a model are shared out between its versions: challengers with a share each, the champion with the rest, shadows that see what was answered, and the canary that a
/// challenger may be. The champion is what the model's own options name. Immutable; a change is another route.
/// </summary>
public sealed record ModelRoute
{
    /// <summary>All calls, in basis points; also the number of buckets.</summary>
    public const int WholeBasisPoints = 10_000;

    /// <summary>The route of a model that only its champion answers.</summary>
    public static ModelRoute ChampionOnly { get; } = new();

    /// <summary>The challengers; what their shares leave is the champion's.</summary>
    public IReadOnlyList<RouteVariant> Variants
    {
        get => field ?? [];
        init;
    }

    /// <summary>The shadows.</summary>
    public IReadOnlyList<RouteShadow> Shadows
    {
        get => field ?? [];
        init;
    }

    /// <summary>The challenger whose share grows by itself, and how far it is; null when none does.</summary>
    public CanaryState? Canary { get; init; }

    /// <summary>What is hashed before each entity key; another salt deals all entities out anew. Null for the model's name.</summary>
    public string? Salt { get; init; }

    /// <summary>Adds a challenger, or changes its share.</summary>
    /// <param name="name">The name that its predictions carry.</param>
    /// <param name="share">Share of the calls, 0 to 1 in steps of 0.0001.</param>
    /// <param name="target">Which version; null for the alias of the same name, or that of the challenger there is.</param>
    /// <returns>The new route.</returns>
    /// <exception cref="ArgumentException">The name is none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The share is none.</exception>
    public ModelRoute WithChallenger(string name, double share, RouteTarget? target = null)
    {
        PlatformName.Require(name, "variant", nameof(name));
        var known = FindVariant(name);
        var points = RouteVariant.ToBasisPoints(share, nameof(share));
        return Replace(known is null
            ? new RouteVariant { Name = name, Target = target ?? name, ShareBasisPoints = points }
            : known with { Target = target ?? known.Target, ShareBasisPoints = points });
    }

    /// <summary>Adds a shadow, or changes it.</summary>
    /// <param name="name">Its name; its predictions carry <c>shadow:</c> and the name.</param>
    /// <param name="sampleRate">Share of the answered calls that it sees, above 0 and up to 1.</param>
    /// <param name="target">Which version; null for the alias of the same name.</param>
    /// <returns>The new route.</returns>
    /// <exception cref="ArgumentException">The name is none.</exception>
    public ModelRoute WithShadow(string name, double sampleRate = 1, RouteTarget? target = null)
    {
        PlatformName.Require(name, "shadow", nameof(name));
        return this with { Shadows = [.. Shadows.Where(s => s.Name != name), new RouteShadow { Name = name, Target = target ?? name, SampleRate = sampleRate }] };
    }

    /// <summary>Makes a challenger the canary: its share goes through the steps of a plan, and it becomes the champion or gets nothing more.</summary>
    /// <param name="name">The name that its predictions carry.</param>
    /// <param name="plan">The plan; null for the default one.</param>
    /// <param name="target">Which version; null for the alias of the same name, or that of the challenger there is.</param>
    /// <returns>The new route.</returns>
    /// <exception cref="ArgumentException">The name is none, or something is wrong with the plan.</exception>
    public ModelRoute WithCanary(string name, CanaryPlan? plan = null, RouteTarget? target = null)
    {
        plan ??= new CanaryPlan();
        if (plan.FindProblem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(plan));
        }

        var share = plan.StepBasisPoints[0] / (double)WholeBasisPoints;
        return WithChallenger(name, share, target) with { Canary = new CanaryState { Variant = name, Plan = plan, Step = 0, Status = CanaryStatus.Running } };
    }

    /// <summary>Takes a challenger, and the canary that it may be, or a shadow out of the route.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The new route.</returns>
    public ModelRoute Without(string name) => this with
    {
        Variants = [.. Variants.Where(v => v.Name != name)],
        Shadows = [.. Shadows.Where(s => s.Name != name)],
        Canary = Canary?.Variant == name ? null : Canary,
    };

    /// <summary>A challenger by its name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The challenger, or null if there is none of that name.</returns>
    public RouteVariant? FindVariant(string name) => Variants.FirstOrDefault(v => v.Name == name);

    /// <summary>Puts a variant in the place of the one of its name, or behind the others.</summary>
    internal ModelRoute Replace(RouteVariant variant) => FindVariant(variant.Name) is null
        ? this with { Variants = [.. Variants, variant] }
        : this with { Variants = [.. Variants.Select(v => v.Name == variant.Name ? variant : v)] };
}
