namespace Mlp.Features.Definitions;

/// <summary>Marks a feature: a float, double, integer, boolean or text, nullable or not; or a vector (an embedding) as a <c>float[]</c> or a <c>ReadOnlyMemory&lt;float&gt;</c> with a <see cref="Length"/>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class FeatureAttribute : Attribute
{
    /// <summary>Name of the column.</summary>
    /// <value>The default value is null: the property's name in snake_case.</value>
    public string? Name { get; set; }

    /// <summary>Number of elements of a vector: 2 to 65,536. A record with another number is refused; a null array and an empty memory are a null feature.</summary>
    /// <value>The default value is 0: the property is no vector.</value>
    public int Length { get; set; }

    /// <summary>What the feature means.</summary>
    /// <value>The default value is empty.</value>
    public string Description { get; set; } = string.Empty;
}
