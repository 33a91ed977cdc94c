using Mlp.Runtime.Data;

namespace Mlp.Runtime.Routing;

/// <summary>A version that predicts what others have answered, for comparison; its answers reach nobody but observers. Immutable.</summary>
public sealed record RouteShadow
{
    /// <summary>What the names of the variants of shadows begin with.</summary>
    public const string VariantPrefix = "shadow:";

    /// <summary>Its name, unique among the shadows of the route.</summary>
    public required string Name { get; init; }

    /// <summary>Which version it is.</summary>
    public required RouteTarget Target { get; init; }

    /// <summary>Share of the answered calls that it sees, above 0 and up to 1.</summary>
    public required double SampleRate { get; init; }

    /// <summary>The variant that its predictions carry: <c>shadow:</c> and its name.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Variant => VariantPrefix + Name;

    /// <summary>What is wrong with it, as a sentence; null when nothing is.</summary>
    internal string? FindProblem() => PlatformName.FindProblem(Name, "shadow")
        ?? RouteRules.FindProblem(Target, $"shadow '{Name}'")
        ?? (SampleRate is > 0 and <= 1 ? null : FormattableString.Invariant($"Expected shadow '{Name}' to have a sample rate above 0 and up to 1, but found {SampleRate}."));
}
