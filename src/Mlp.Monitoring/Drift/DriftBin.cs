using System.Text.Json.Serialization;

namespace Mlp.Monitoring.Drift;

/// <summary>One bin of a <see cref="DriftHistogram"/>. Immutable.</summary>
/// <param name="Label">What falls into it: an interval, a category of the reference, or <c>other</c>, <c>unseen</c>, <c>missing</c>.</param>
/// <param name="ReferenceShare">Share of the reference, 0 to 1.</param>
/// <param name="Share">Share of the window, 0 to 1; NaN without rows.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record DriftBin(string Label, double ReferenceShare, double Share);
