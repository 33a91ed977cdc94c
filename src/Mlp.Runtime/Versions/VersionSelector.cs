using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Versions;

/// <summary>Which version is wanted: the one that an alias points at, the newest one, or a fixed one. Immutable.</summary>
internal sealed record VersionSelector
{
    /// <summary>The newest published version.</summary>
    public static readonly VersionSelector Latest = new();

    private VersionSelector()
    {
    }

    /// <summary>The alias; null for another kind.</summary>
    public string? Alias { get; private init; }

    /// <summary>The fixed version; null for another kind.</summary>
    public int? Version { get; private init; }

    /// <summary>The role that observers see.</summary>
    public string Variant => Alias ?? (Version is { } version ? FormattableString.Invariant($"v{version}") : "latest");

    /// <summary>The version that an alias points at.</summary>
    /// <param name="alias">The alias.</param>
    public static VersionSelector FromAlias(string alias) => new() { Alias = alias };

    /// <summary>A fixed version.</summary>
    /// <param name="version">Version from 1.</param>
    public static VersionSelector FromVersion(int version) => new() { Version = version };

    /// <summary>Asks the registry.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="model">Model name.</param>
    /// <returns>The version; 0 while there is none.</returns>
    public int Find(IModelRegistry registry, string model)
    {
        if (Alias is { } alias)
        {
            return registry.FindAlias(model, alias)?.Version ?? 0;
        }

        return Version is { } version
            ? registry.FindVersion(model, version)?.Version ?? 0
            : registry.ListVersions(model) is { Count: > 0 } versions ? versions[^1] : 0;
    }

    /// <summary>What is wanted, as part of a sentence.</summary>
    public override string ToString()
        => Alias is not null ? $"alias '{Alias}'" : Version is { } version ? FormattableString.Invariant($"version {version}") : "the latest version";
}
