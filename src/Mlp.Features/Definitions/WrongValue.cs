namespace Mlp.Features.Definitions;

/// <summary>A value of a record that is not taken.</summary>
/// <param name="Column">Its column.</param>
/// <param name="Expected">What was expected, without values.</param>
/// <param name="Found">What was found, without values.</param>
internal readonly record struct WrongValue(string Column, string Expected, string Found);
