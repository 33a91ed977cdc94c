namespace Mlp.Runtime.Routing;

/// <summary>What a process has seen of a step of a canary. Immutable.</summary>
/// <param name="Elapsed">How long it has watched the step.</param>
/// <param name="Champion">The champion's calls in that time.</param>
/// <param name="Canary">The canary's calls in that time.</param>
/// <param name="LookCount">Looks at the errors of this step so far.</param>
internal sealed record CanaryEvidence(TimeSpan Elapsed, VariantReading Champion, VariantReading Canary, int LookCount);
