namespace Mlp.Training.Distributed.Launch;

/// <summary>
/// What the launcher of this process said: which of how many ranks it is, and where rank 0 waits. Read from the variables of torchrun (also those of a Kubernetes PyTorchJob), Open MPI, Hydra (MPICH, Intel MPI)
/// and SLURM. Immutable.
/// </summary>
public sealed record LaunchEnvironment
{
    /// <summary>The port where rank 0 listens when nobody names another: 29500, as PyTorch's.</summary>
    public const int DefaultMasterPort = 29500;

    /// <summary>Whose variables these are: "torchrun", "Open MPI", "Hydra" or "SLURM".</summary>
    public required string Launcher { get; init; }

    /// <summary>This process's rank, 0 to <see cref="WorldSize"/> - 1.</summary>
    public required int Rank { get; init; }

    /// <summary>Processes in all.</summary>
    public required int WorldSize { get; init; }

    /// <summary>This process's number among those of its host, from 0; null where the launcher does not say.</summary>
    public int? LocalRank { get; init; }

    /// <summary>Processes on this host; null where the launcher does not say.</summary>
    public int? LocalWorldSize { get; init; }

    /// <summary>Name or address of rank 0's host; null where the launcher does not say.</summary>
    public string? MasterAddress { get; init; }

    /// <summary>Port where rank 0 listens; null where the launcher does not say.</summary>
    public int? MasterPort { get; init; }

    /// <summary>The launcher's name for this run, equal on all ranks; null where it has none.</summary>
    public string? RunId { get; init; }

    /// <summary>How often the launcher has started the ranks again.</summary>
    public int RestartCount { get; init; }

    /// <summary>Whether all ranks are on this host, as far as the launcher says.</summary>
    public bool IsSingleHost => LocalWorldSize == WorldSize;

    /// <summary>Reads the variables of this process.</summary>
    /// <returns>What the launcher said; null where no launcher started this process.</returns>
    /// <exception cref="LaunchException">A variable is no number or out of range, one is missing beside its fellow, or two launchers contradict each other.</exception>
    public static LaunchEnvironment? Read() => Read(Environment.GetEnvironmentVariable);

    /// <summary>Reads variables.</summary>
    /// <param name="variable">Gives a variable's value, null where it is not set.</param>
    /// <exception cref="LaunchException">As <see cref="Read()"/>.</exception>
    internal static LaunchEnvironment? Read(Func<string, string?> variable) => LaunchVariables.Read(new(variable));
}
