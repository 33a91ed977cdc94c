namespace Mlp.Training.Distributed.Collectives.Nccl;

/// <summary>What a group of GPUs is told. Immutable.</summary>
/// <param name="Name">Name of the group, for sentences.</param>
/// <param name="InOrder">Whether sums are made in the order of ranks.</param>
/// <param name="Timeout">How long forming the group may take.</param>
/// <param name="Clock">The clock of time limits.</param>
internal sealed record NcclGroupSettings(string Name, bool InOrder, TimeSpan Timeout, TimeProvider Clock)
{
    /// <summary>The settings of a world.</summary>
    /// <param name="options">Settings that have been validated.</param>
    /// <param name="timeout">How long forming the group may take.</param>
    public static NcclGroupSettings Of(ProcessGroupOptions options, TimeSpan timeout) => new(options.Name, options.Deterministic, timeout, options.TimeProvider);
}
