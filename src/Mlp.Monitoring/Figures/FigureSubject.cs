namespace Mlp.Monitoring.Figures;

/// <summary>What a figure or a finding is about: a model version, or a part of its traffic. Immutable.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version; null for all versions together.</param>
/// <param name="Variant">The role in which it answered, for example <c>champion</c>; null for all roles together.</param>
/// <param name="Slice">The part of the traffic, for example <c>area=8</c>; null for all of it.</param>
/// <param name="Feature">The feature or the score; null where the figure is not about one.</param>
public sealed record FigureSubject(string Model, int? Version = null, string? Variant = null, string? Slice = null, string? Feature = null);
