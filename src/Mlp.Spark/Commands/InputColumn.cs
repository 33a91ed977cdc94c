using System.Text.Json.Serialization;

namespace Mlp.Spark.Commands;

/// <summary>Where a feature comes from. Immutable.</summary>
/// <param name="Feature">Name of the feature.</param>
/// <param name="Column">Name of the column, or of the argument; null for one that is called like the feature, or for a scalar the argument at this place.</param>
/// <param name="Round">
/// Whether numbers that a float32 feature cannot hold exactly are rounded to the nearest that it can. Without it a column of doubles, decimals or wide integers is refused for such a feature.
/// </param>
/// <param name="View">Name of the on-demand view among the transforms of the command that computes <paramref name="Column"/>; null for a column of the table.</param>
internal sealed record InputColumn(
    string Feature, string? Column = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Round = false, string? View = null);
