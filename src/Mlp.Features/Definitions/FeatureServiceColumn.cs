namespace Mlp.Features.Definitions;

/// <summary>One feature of a view as a column of a service.</summary>
/// <param name="FieldIndex">Index of the feature in the view's fields.</param>
/// <param name="ColumnIndex">Index of the column in the service's layout.</param>
internal readonly record struct FeatureServiceColumn(int FieldIndex, int ColumnIndex);
