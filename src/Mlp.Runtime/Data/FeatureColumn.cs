namespace Mlp.Runtime.Data;

/// <summary>One feature as a column of a feature service or a training set.</summary>
/// <param name="Name">Column name, unique within the service.</param>
/// <param name="Type">Type of its values.</param>
/// <param name="View">Name of the feature view or on-demand view that it comes from.</param>
public sealed record FeatureColumn(string Name, FeatureType Type, string View);
