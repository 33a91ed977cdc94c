using Mlp.Runtime.Data;

namespace Mlp.Runtime.Routing;

/// <summary>What makes a route whole, as sentences.</summary>
internal static class RouteRules
{
    /// <summary>What is wrong with a route; null when nothing is.</summary>
    /// <param name="route">The route.</param>
    public static string? FindProblem(ModelRoute route)
        => route.Variants.Select(v => v.FindProblem()).OfType<string>().FirstOrDefault()
            ?? route.Shadows.Select(s => s.FindProblem()).OfType<string>().FirstOrDefault()
            ?? FindDuplicate(route.Variants.Select(v => v.Name), "variants")
            ?? FindDuplicate(route.Shadows.Select(s => s.Name), "shadows")
            ?? FindProblemOfShares(route)
            ?? FindProblemOfCanary(route);

    /// <summary>What is wrong with a target; null when nothing is.</summary>
    /// <param name="target">The target.</param>
    /// <param name="what">Whose it is, for the sentence.</param>
    public static string? FindProblem(RouteTarget target, string what) => target switch
    {
        { Alias: null, Version: null } => $"Expected {what} to name an alias or a version, but found neither.",
        { Alias: not null, Version: not null } => $"Expected {what} to name an alias or a version, but found both.",
        { Version: < 1 } => FormattableString.Invariant($"Expected {what} to name a version from 1, but found {target.Version}."),
        { Alias: { } alias } => PlatformName.FindProblem(alias, "alias"),
        _ => null,
    };

    /// <summary>Refuses a route that is not whole.</summary>
    /// <param name="route">The route.</param>
    /// <param name="parameter">Name of the caller's parameter.</param>
    /// <exception cref="ArgumentException">Something is wrong with it.</exception>
    public static void Require(ModelRoute route, string parameter)
    {
        if (FindProblem(route) is { } problem)
        {
            throw new ArgumentException(problem, parameter);
        }
    }

    private static string? FindDuplicate(IEnumerable<string> names, string what)
        => names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? $"Expected the {what} of a route to have names of their own, but found '{twice.Key}' twice."
            : null;

    private static string? FindProblemOfShares(ModelRoute route)
    {
        if (route.Variants.Count > byte.MaxValue)
        {
            return FormattableString.Invariant($"Expected at most 255 challengers, but found {route.Variants.Count}.");
        }

        var sum = route.Variants.Sum(v => v.ShareBasisPoints);
        return sum > ModelRoute.WholeBasisPoints
            ? FormattableString.Invariant($"Expected the shares of the challengers to be at most 10000 basis points together, but found {sum}.")
            : null;
    }

    private static string? FindProblemOfCanary(ModelRoute route)
    {
        if (route.Canary is not { } canary)
        {
            return null;
        }

        if (canary.Plan.FindProblem() is { } problem)
        {
            return problem;
        }

        if (route.FindVariant(canary.Variant) is not { } variant)
        {
            return $"Expected the canary to be a variant of the route, but found no variant '{canary.Variant}'.";
        }

        if (canary.Step < 0 || canary.Step >= canary.Plan.StepBasisPoints.Count)
        {
            return FormattableString.Invariant($"Expected the step of the canary to be one of its {canary.Plan.StepBasisPoints.Count} steps, counted from 0, but found {canary.Step}.");
        }

        var others = route.Variants.Sum(v => v.ShareBasisPoints) - variant.ShareBasisPoints;
        var greatest = canary.Plan.StepBasisPoints[^1];
        return canary.Status == CanaryStatus.Running && greatest + others >= ModelRoute.WholeBasisPoints
            ? FormattableString.Invariant(
                $"Expected the last step of the canary to leave the champion a share to compare with, but found {greatest} basis points beside {others} of other challengers.")
            : null;
    }
}
