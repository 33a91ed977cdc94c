namespace Mlp.Runtime.Inference;

/// <summary>How long a call may wait for a slot.</summary>
/// <param name="Remaining">Time that is left.</param>
/// <param name="Timeout">Time that the call had in all, for messages.</param>
internal readonly record struct SlotWait(TimeSpan Remaining, TimeSpan Timeout);
