using Microsoft.Extensions.Logging;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Routing;

/// <summary>
/// Moves a canary through its plan. Each process judges by what it has counted itself; a move is a compare-and-swap of the stored route, so that one process makes it and the others begin to count
/// anew. A promotion is three of them: the route says that it is on, the champion's alias moves, the route drops the canary; whoever finds it half done goes on. Not thread-safe.
/// </summary>
/// <param name="champion">Where the champion is.</param>
/// <param name="registry">Where route and alias are.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told of every move.</param>
internal sealed class CanaryController(ServingTarget champion, IModelRegistry registry, TimeProvider time, ILogger logger)
{
    private CanaryWatch? _watch;

    /// <summary>Why the canary is where it is, as a sentence; null before the first look.</summary>
    public string? Holding { get; private set; }

    /// <summary>Looks at the canary of a route and makes the move that is due, if any.</summary>
    /// <param name="stored">The route as the registry holds it.</param>
    /// <param name="find">Where the version of a variant is; null if it has none in this process.</param>
    /// <param name="cancellationToken">Gives up before a move.</param>
    /// <returns>Whether the stored route has changed.</returns>
    public async Task<bool> LookAsync(StoredRoute stored, Func<string, ServingTarget?> find, CancellationToken cancellationToken)
    {
        if (stored.Route?.Canary is not { } canary)
        {
            (_watch, Holding) = (null, null);
            return false;
        }

        try
        {
            return canary.Status switch
            {
                CanaryStatus.Running => await JudgeAsync(stored, canary, find(canary.Variant), cancellationToken).ConfigureAwait(false),
                CanaryStatus.Promoting => await PromoteAsync(stored, canary, cancellationToken).ConfigureAwait(false),
                _ => Hold(canary.Reason),
            };
        }
        catch (RouteConflictException)
        {
            // Another process, or a person, was first.
            return true;
        }
    }

    private async Task<bool> JudgeAsync(StoredRoute stored, CanaryState canary, ServingTarget? target, CancellationToken cancellationToken)
    {
        if (champion.Current is not { } serving)
        {
            return Hold("The champion has no version in service to compare with.");
        }

        if (target?.Current is not { } version)
        {
            return Hold("The canary has no version in service.");
        }

        // What the registry says, not what this process has loaded: another one may be ahead.
        var number = target.Selector.Find(registry, champion.Model);
        var best = champion.Selector.Find(registry, champion.Model);
        if (number != 0 && number == best)
        {
            return await StoreAsync(stored, stored.Route!.Without(canary.Variant), FormattableString.Invariant($"Version {number} of the canary is the champion's."), cancellationToken)
                .ConfigureAwait(false);
        }

        if (number != version.Manifest.Version || best != serving.Manifest.Version)
        {
            return Hold("This process is about to load another version.");
        }

        if (canary.Version != number)
        {
            var reason = canary.Version is null
                ? FormattableString.Invariant($"Canary '{canary.Variant}' is version {number}.")
                : FormattableString.Invariant($"Canary '{canary.Variant}' has moved from version {canary.Version} to {number} and begins anew.");
            return await StepAsync(stored, canary with { Version = number, Step = 0 }, reason, cancellationToken).ConfigureAwait(false);
        }

        if (_watch?.IsOf(stored.Revision, serving, version) != true)
        {
            _watch = new CanaryWatch(stored.Revision, serving, version, time);
        }

        var verdict = _watch.Judge(canary);
        Holding = verdict.Reason;
        return verdict.Action switch
        {
            CanaryAction.Advance => await StepAsync(stored, canary with { Step = canary.Step + 1 }, verdict.Reason, cancellationToken).ConfigureAwait(false),
            CanaryAction.Abort => await AbortAsync(stored, canary, verdict.Reason, cancellationToken).ConfigureAwait(false),
            CanaryAction.Promote => await BeginPromotionAsync(stored, canary, verdict.Reason, cancellationToken).ConfigureAwait(false),
            _ => false,
        };
    }

    private async Task<bool> BeginPromotionAsync(StoredRoute stored, CanaryState canary, string reason, CancellationToken cancellationToken)
    {
        if (champion.Selector.Alias is not { } alias)
        {
            return Hold($"{reason} It is not promoted, because the model serves {champion.Selector}: a promotion moves an alias.");
        }

        var revision = registry.FindAlias(champion.Model, alias)?.Revision ?? 0;
        var promoting = await registry.SetRouteAsync(
            champion.Model,
            stored.Route! with { Canary = canary with { Status = CanaryStatus.Promoting, ChampionRevision = revision } },
            stored.Revision,
            reason,
            cancellationToken).ConfigureAwait(false);
        return await PromoteAsync(promoting, promoting.Route!.Canary!, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> PromoteAsync(StoredRoute stored, CanaryState canary, CancellationToken cancellationToken)
    {
        if (champion.Selector.Alias is not { } alias || canary is not { Version: { } version, ChampionRevision: { } expected })
        {
            return Hold("Another process promotes the canary.");
        }

        var reason = FormattableString.Invariant($"Canary '{canary.Variant}' has passed all {canary.Plan.StepBasisPoints.Count} steps and becomes {alias}: version {version}.");
        if (registry.FindAlias(champion.Model, alias)?.Version != version)
        {
            try
            {
                await registry.SetAliasAsync(champion.Model, alias, version, expected, reason, cancellationToken).ConfigureAwait(false);
            }
            catch (AliasConflictException)
            {
                if (registry.FindAlias(champion.Model, alias)?.Version != version)
                {
                    return await AbortAsync(stored, canary, $"Expected {alias} to be where it was when the canary had passed its steps, but somebody else has moved it.", cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }

        logger.LogInformation("Model {Model}: {Reason}", champion.Model, reason);
        return await StoreAsync(stored, stored.Route!.Without(canary.Variant), reason, cancellationToken).ConfigureAwait(false);
    }

    private Task<bool> StepAsync(StoredRoute stored, CanaryState canary, string reason, CancellationToken cancellationToken)
    {
        // The registry sets the time of the step and the share.
        logger.LogInformation("Model {Model}: canary {Variant} goes to step {Step}. {Reason}", champion.Model, canary.Variant, canary.Step + 1, reason);
        return StoreAsync(stored, stored.Route! with { Canary = canary with { StepStartedAt = null } }, reason, cancellationToken);
    }

    private Task<bool> AbortAsync(StoredRoute stored, CanaryState canary, string reason, CancellationToken cancellationToken)
    {
        logger.LogError("Model {Model}: canary {Variant} is aborted. {Reason}", champion.Model, canary.Variant, reason);
        var route = stored.Route!;
        return StoreAsync(
            stored,
            route.Replace(route.FindVariant(canary.Variant)! with { ShareBasisPoints = 0 }) with { Canary = canary with { Status = CanaryStatus.Aborted, Reason = reason, ChampionRevision = null } },
            reason,
            cancellationToken);
    }

    private async Task<bool> StoreAsync(StoredRoute stored, ModelRoute route, string reason, CancellationToken cancellationToken)
    {
        _watch = null;
        await registry.SetRouteAsync(champion.Model, route, stored.Revision, reason, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private bool Hold(string? reason)
    {
        _watch = null;
        Holding = reason;
        return false;
    }
}
