namespace Mlp.Features.Skew;

/// <summary>Served values that were not compared.</summary>
/// <param name="Model">Name of the model that was served.</param>
/// <param name="ModelVersion">Its version.</param>
/// <param name="View">Name of the on-demand view.</param>
/// <param name="Reason">Why not.</param>
/// <param name="ValueCount">Number of values.</param>
public sealed record SkewOmission(string Model, int ModelVersion, string View, SkewOmissionReason Reason, long ValueCount);
