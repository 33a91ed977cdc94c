using Mlp.Runtime.Data;

namespace Mlp.Features.Skew;

/// <summary>A value of a feature as one side gives it.</summary>
/// <param name="Status">Present, Null, Missing or Expired.</param>
/// <param name="Value">The value (<see cref="float"/>, <see cref="double"/>, <see cref="long"/>, <see cref="bool"/>, <see cref="string"/>, or an array of <see cref="float"/> for a vector); null unless present. Values are compared by their bits, those of a vector element by element, so two NaNs may differ.</param>
/// <param name="EventTime">Event time of the row that it comes from; null when none is known.</param>
public sealed record SkewValue(FeatureStatus Status, object? Value, DateTimeOffset? EventTime);
