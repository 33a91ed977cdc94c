namespace Mlp.Runtime.Kernels.Trees;

/// <summary>One column of keys: a feature that goes one way when it is missing. A feature whose nodes do not agree on the way has two.</summary>
/// <param name="Feature">Column of the input.</param>
/// <param name="IsTrueForMissing">Whether NaN is less than all thresholds.</param>
internal readonly record struct KeyColumn(int Feature, bool IsTrueForMissing);
