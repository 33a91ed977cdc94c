using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>One feature of a view.</summary>
/// <param name="Name">Column name: letters, digits and <c>_</c>, unique within the view without regard to case.</param>
/// <param name="Type">Type of its values; every feature may be null.</param>
/// <param name="Description">What the feature means; not part of the fingerprint.</param>
public sealed record FeatureField(string Name, FeatureType Type, string Description = "");
