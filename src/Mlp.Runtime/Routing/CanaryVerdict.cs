namespace Mlp.Runtime.Routing;

/// <summary>What a look at a canary says. Immutable.</summary>
/// <param name="Action">What is to be done.</param>
/// <param name="Reason">Why, as a sentence.</param>
/// <param name="LookCount">Looks at the errors of this step so far, to be passed to the next one.</param>
internal sealed record CanaryVerdict(CanaryAction Action, string Reason, int LookCount);
