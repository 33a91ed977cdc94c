namespace Mlp.Features.Definitions;

/// <summary>Marks a feature: a float, double, integer, boolean or text, nullable or not.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class FeatureAttribute : Attribute
{
    /// <summary>Name of the column.</summary>
    /// <value>The default value is null: the property's name in snake_case.</value>
    public string? Name { get; set; }

    /// <summary>What the feature means.</summary>
    /// <value>The default value is empty.</value>
    public string Description { get; set; } = string.Empty;
}
