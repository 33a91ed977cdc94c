using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Features.Skew;

/// <summary>One served value that the offline store does not give.</summary>
/// <param name="Model">Name of the model that was served.</param>
/// <param name="ModelVersion">Its version.</param>
/// <param name="Id">The prediction.</param>
/// <param name="Time">The time that the features were read for.</param>
/// <param name="Key">The entity, in the order of the service's keys.</param>
/// <param name="View">Name of the view within the service.</param>
/// <param name="Feature">Name of the feature.</param>
/// <param name="Served">What the model saw.</param>
/// <param name="Recomputed">What the offline store gives.</param>
/// <param name="Verdict">Why.</param>
public sealed record SkewDifference(
    string Model, int ModelVersion, PredictionId Id, DateTimeOffset Time, IReadOnlyList<EntityValue> Key, string View, string Feature, SkewValue Served, SkewValue Recomputed, SkewVerdict Verdict);
