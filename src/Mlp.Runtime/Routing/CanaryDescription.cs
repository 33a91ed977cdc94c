namespace Mlp.Runtime.Routing;

/// <summary>A canary as this process sees it. Immutable.</summary>
/// <param name="State">How far it is, as the registry says.</param>
/// <param name="Holding">Why it is where it is, as a sentence; null before the first look.</param>
public sealed record CanaryDescription(CanaryState State, string? Holding);
