namespace Mlp.Monitoring.Alerts;

/// <summary>Which alias a rule moves, and where to: to what another alias points at, or to a version.</summary>
internal sealed record AlertFallback(string Alias, string? ToAlias, int? ToVersion)
{
    /// <summary>The target, for sentences.</summary>
    public string Target => ToAlias is null ? FormattableString.Invariant($"version {ToVersion}") : $"the version of alias '{ToAlias}'";
}
