using Apache.Arrow.Types;

namespace Mlp.Spark.Scoring;

/// <summary>A column of a table of Spark. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type in which the worker gets its values; null for one that Arrow does not carry.</param>
/// <param name="Description">The type in messages.</param>
internal sealed record TableColumn(string Name, IArrowType? Type, string Description);
