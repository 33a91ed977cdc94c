using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics;

/// <summary>One bin of a reliability diagram: what the model said against what happened. Immutable; safe for use by many threads.</summary>
/// <param name="LowerEdge">Lowest score of the bin, inclusive.</param>
/// <param name="UpperEdge">Upper end of the bin: a score equal to it belongs to the next bin, except in the last bin, which is
/// closed.</param>
/// <param name="Count">Rows in the bin; of rows with sampling weights, the sum of these.</param>
/// <param name="MeanScore">Mean score of the rows; NaN in an empty bin.</param>
/// <param name="PositiveShare">Share of positive rows, 0 to 1; NaN in an empty bin.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public readonly record struct CalibrationBin(double LowerEdge, double UpperEdge, double Count, double MeanScore, double PositiveShare);
