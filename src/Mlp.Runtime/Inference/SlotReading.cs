namespace Mlp.Runtime.Inference;

/// <summary>How busy the slots of one kind are.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Version.</param>
/// <param name="Variant">Role of the version.</param>
/// <param name="Kind"><c>row</c>, <c>rows</c> or <c>named</c>: for one row, for up to 256, and for named inputs.</param>
/// <param name="Used">Slots that calls hold.</param>
/// <param name="Limit">Slots that calls may hold at once.</param>
/// <param name="Waiting">Calls that wait for one.</param>
internal readonly record struct SlotReading(string Model, int Version, string Variant, string Kind, int Used, int Limit, int Waiting);
