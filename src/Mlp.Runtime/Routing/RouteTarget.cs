using System.Text.Json.Serialization;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Routing;

/// <summary>Which version a variant or a shadow is: the one that an alias points at, whichever that is, or one for good. Immutable.</summary>
public sealed record RouteTarget
{
    /// <summary>For the serializer; others use <see cref="ToAlias"/> and <see cref="ToVersion"/>.</summary>
    [JsonConstructor]
    internal RouteTarget()
    {
    }

    /// <summary>The alias; null for a fixed version.</summary>
    public string? Alias { get; init; }

    /// <summary>The fixed version, from 1; null for an alias.</summary>
    public int? Version { get; init; }

    /// <summary>A target of an alias.</summary>
    /// <param name="alias">Alias.</param>
    public static implicit operator RouteTarget(string alias) => ToAlias(alias);

    /// <summary>A target of one version.</summary>
    /// <param name="version">Version from 1.</param>
    public static implicit operator RouteTarget(int version) => ToVersion(version);

    /// <summary>The version that an alias points at.</summary>
    /// <param name="alias">Alias.</param>
    /// <returns>The target.</returns>
    /// <exception cref="ArgumentException">It is no name of an alias.</exception>
    public static RouteTarget ToAlias(string alias)
    {
        PlatformName.Require(alias, "alias", nameof(alias));
        return new RouteTarget { Alias = alias };
    }

    /// <summary>One version for good.</summary>
    /// <param name="version">Version from 1.</param>
    /// <returns>The target.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The version is less than 1.</exception>
    public static RouteTarget ToVersion(int version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        return new RouteTarget { Version = version };
    }

    /// <inheritdoc/>
    public override string ToString() => Alias is not null ? $"alias '{Alias}'" : FormattableString.Invariant($"version {Version}");
}
