using Microsoft.Extensions.Logging;
using Mlp.Runtime.Registry;

namespace Mlp.Monitoring.Alerts;

/// <summary>Takes versions out of service by moving their alias, where a rule says so.</summary>
internal sealed class AlertFallbackMover(IModelRegistry? registry, AlertMetrics metrics, ILogger logger)
{
    /// <summary>Finds out which version shall leave service. It stands in the state before the alias moves, so that a crash in between never moves another one away.</summary>
    /// <param name="fallback">What the rule says.</param>
    /// <param name="alert">The alert that fires.</param>
    /// <returns>The version; null where there is nothing to move.</returns>
    public int? FindVersion(AlertFallback fallback, Alert alert) => alert.Subject.Version ?? registry?.FindAlias(alert.Subject.Model, fallback.Alias)?.Version;

    /// <summary>Moves the alias if it still points at the version.</summary>
    /// <param name="fallback">What the rule says.</param>
    /// <param name="alert">The alert that fires.</param>
    /// <param name="version">The version that shall leave service.</param>
    /// <param name="cancellationToken">Gives up before the move.</param>
    /// <returns>Whether this firing is done with: the alias has moved, or has no need to. False where somebody else moved it meanwhile, and it is to be looked at again.</returns>
    /// <exception cref="IOException">The registry could not be read or written.</exception>
    public async Task<bool> MoveAsync(AlertFallback fallback, Alert alert, int version, CancellationToken cancellationToken)
    {
        var model = alert.Subject.Model;
        if (registry?.FindAlias(model, fallback.Alias) is not { } alias || alias.Version != version)
        {
            logger.LogWarning(
                "Alert {Rule} ({Id}) leaves alias {Alias} of model {Model} as it is: it does not point at version {Version}.", alert.Rule, alert.Id, fallback.Alias, model, version);
            return true;
        }

        var target = fallback.ToVersion ?? registry.FindAlias(model, fallback.ToAlias!)?.Version;
        if (target is not { } to || to == version || registry.FindVersion(model, to) is null)
        {
            logger.LogError(
                "Alert {Rule} ({Id}) cannot take version {Version} of model {Model} out of service: {Target} is not there, or is the same.", alert.Rule, alert.Id, version, model, fallback.Target);
            return true;
        }

        try
        {
            await registry.SetAliasAsync(model, fallback.Alias, to, alias.Revision, $"alert '{alert.Rule}' ({alert.Id}): {alert.Message}", cancellationToken).ConfigureAwait(false);
        }
        catch (AliasConflictException)
        {
            return false;
        }

        metrics.Fallback(alert);
        logger.LogWarning(
            "Alert {Rule} ({Id}) has taken version {Version} of model {Model} out of service: alias {Alias} points at version {Target} now.", alert.Rule, alert.Id, version, model, fallback.Alias, to);
        return true;
    }
}
