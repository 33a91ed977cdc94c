namespace Mlp.Training.Preprocessing;

/// <summary>A feature that reaches the model as the number of its category, for a layer that embeds it.</summary>
/// <param name="Name">The feature.</param>
/// <param name="Cardinality">Ids are 0 to this, exclusive; values that were not seen and missing ones have ids of their own among them.</param>
internal sealed record IdColumn(string Name, int Cardinality);
