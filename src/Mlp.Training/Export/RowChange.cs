namespace Mlp.Training.Export;

/// <summary>A real row with the values of some neighbouring features replaced.</summary>
/// <param name="Source">The real row.</param>
/// <param name="First">The first feature that is changed.</param>
/// <param name="End">One behind the last one.</param>
/// <param name="Value">Which of the extreme values of a feature's type, counted round; null takes the value away.</param>
internal readonly record struct RowChange(int Source, int First, int End, int? Value);
