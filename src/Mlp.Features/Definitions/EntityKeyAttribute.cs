namespace Mlp.Features.Definitions;

/// <summary>Marks a part of the entity key: an integer, a text or a GUID, nullable or not. Several parts keep the order of declaration.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class EntityKeyAttribute : Attribute
{
    /// <summary>Name of the column.</summary>
    /// <value>The default value is null: the property's name in snake_case.</value>
    public string? Name { get; set; }
}
