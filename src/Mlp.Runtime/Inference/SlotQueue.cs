namespace Mlp.Runtime.Inference;

/// <summary>What a pool knows of the calls that wait for its slots. Immutable.</summary>
/// <param name="Model">Model name, for messages.</param>
/// <param name="Version">Model version, for messages.</param>
/// <param name="MaximumLength">Calls that may wait; null for any number.</param>
/// <param name="Time">The clock of deadlines.</param>
internal sealed record SlotQueue(string Model, int Version, int? MaximumLength, TimeProvider Time);
