namespace Mlp.Spark.Commands;

/// <summary>What happens where one feature has no value. Immutable.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Value">What stands for it, in invariant culture; for <see cref="NullPolicyName.Value"/> alone.</param>
internal sealed record FeatureNullHandling(NullPolicyName Policy, string? Value = null);
