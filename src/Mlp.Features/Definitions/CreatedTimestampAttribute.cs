namespace Mlp.Features.Definitions;

/// <summary>Marks the time at which a row became known: a <see cref="DateTimeOffset"/> or a UTC <see cref="DateTime"/>. Rounded up to microseconds.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class CreatedTimestampAttribute : Attribute
{
    /// <summary>Name of the column.</summary>
    /// <value>The default value is null: the property's name in snake_case.</value>
    public string? Name { get; set; }
}
