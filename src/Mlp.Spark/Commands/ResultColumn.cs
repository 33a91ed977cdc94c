namespace Mlp.Spark.Commands;

/// <summary>A column that the query expects. Immutable.</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="Type">Its type, as Spark writes it.</param>
internal sealed record ResultColumn(string Name, string Type);
