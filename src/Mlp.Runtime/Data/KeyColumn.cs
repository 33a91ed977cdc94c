namespace Mlp.Runtime.Data;

/// <summary>One part of an entity key as a column.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Kind">The kind of its values; never <see cref="EntityValueKind.Null"/>.</param>
public sealed record KeyColumn(string Name, EntityValueKind Kind);
