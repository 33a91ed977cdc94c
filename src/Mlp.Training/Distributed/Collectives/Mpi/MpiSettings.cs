namespace Mlp.Training.Distributed.Collectives.Mpi;

/// <summary>What a group and those that are formed of it do alike.</summary>
/// <param name="Deterministic">Whether sums are made in the order of ranks.</param>
/// <param name="ChecksCalls">Whether ranks compare their calls before values move.</param>
internal sealed record MpiSettings(bool Deterministic, bool ChecksCalls)
{
    /// <summary>Takes them from options.</summary>
    public static MpiSettings Of(ProcessGroupOptions options) => new(options.Deterministic, options.Mpi.CheckCalls);
}
