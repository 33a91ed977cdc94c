using System.Globalization;

namespace Mlp.Training.Distributed.Launch;

/// <summary>The variables of each launcher. The innermost wins: torchrun may itself have been started by mpirun or srun, once per host.</summary>
internal static class LaunchVariables
{
    // What the variables of mpirun, mpiexec and torchrun begin with that tell a process its place, or where its launcher is.
    private static readonly string[] Prefixes = ["OMPI_", "PMI_", "PMIX_", "MPI_LOCAL", "HYDI_", "TORCHELASTIC_"];

    /// <summary>Whether a variable is one that mpirun, mpiexec or torchrun has set for a process of its own, which those that this process starts are not. SLURM's say too what the job is, and give way to RANK and WORLD_SIZE.</summary>
    public static bool IsOfAnotherLauncher(string name) => Array.Exists(Prefixes, p => name.StartsWith(p, StringComparison.Ordinal));

    /// <summary>Reads them.</summary>
    /// <exception cref="LaunchException">They are half or contradict themselves.</exception>
    public static LaunchEnvironment? Read(VariableReader variables)
    {
        var byTorch = Torch(variables);
        var byMpi = OpenMpi(variables) ?? Hydra(variables);
        if (byTorch is not null && byMpi is not null && !IsElastic(variables) && (byTorch.Rank, byTorch.WorldSize) != (byMpi.Rank, byMpi.WorldSize))
        {
            throw new LaunchException(string.Create(
                CultureInfo.InvariantCulture,
                $"Expected one launcher, but RANK and WORLD_SIZE say rank {byTorch.Rank} of {byTorch.WorldSize} while {byMpi.Launcher} says rank {byMpi.Rank} of {byMpi.WorldSize}. Remove the variables of one, or set rank and world size in the options."));
        }

        var found = byTorch ?? byMpi ?? Slurm(variables);
        return found is null ? null : Check(WithMaster(found, variables));
    }

    /// <summary>Where rank 0 waits, for a rank that does not take its place from a launcher. All ranks are on one host where no variable says another address.</summary>
    /// <exception cref="LaunchException">The port is no number or out of range.</exception>
    public static LaunchEnvironment MasterOnly(int rank, int worldSize, VariableReader variables)
    {
        var found = WithMaster(new() { Launcher = "the program", Rank = rank, WorldSize = worldSize }, variables);
        var isSingleHost = found.MasterAddress is null || variables.Number("LOCAL_WORLD_SIZE", 1) == worldSize;
        return Check(found with { LocalWorldSize = isSingleHost ? worldSize : null });
    }

    /// <summary>An agent of torchrun with a static rendezvous keeps a store of its own on MASTER_PORT; rank 0 cannot listen there.</summary>
    private static bool IsPortTaken(VariableReader variables) => string.Equals(variables.Text("TORCHELASTIC_USE_AGENT_STORE"), "True", StringComparison.OrdinalIgnoreCase);

    private static bool IsElastic(VariableReader variables) => variables.Text("TORCHELASTIC_RUN_ID") is not null;

    private static LaunchEnvironment? Torch(VariableReader variables)
        => variables.Place("RANK", "WORLD_SIZE") is not { } place ? null : new LaunchEnvironment
        {
            Launcher = "torchrun",
            Rank = place.Rank,
            WorldSize = place.WorldSize,
            LocalRank = variables.Number("LOCAL_RANK"),
            LocalWorldSize = variables.Number("LOCAL_WORLD_SIZE", 1),
            RunId = variables.Text("TORCHELASTIC_RUN_ID"),
            RestartCount = variables.Number("TORCHELASTIC_RESTART_COUNT") ?? 0,
        };

    private static LaunchEnvironment? OpenMpi(VariableReader variables)
        => variables.Place("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE") is not { } place ? null : new LaunchEnvironment
        {
            Launcher = "Open MPI",
            Rank = place.Rank,
            WorldSize = place.WorldSize,
            LocalRank = variables.Number("OMPI_COMM_WORLD_LOCAL_RANK"),
            LocalWorldSize = variables.Number("OMPI_COMM_WORLD_LOCAL_SIZE", 1),
            RunId = variables.Text("PMIX_NAMESPACE") ?? variables.Text("OMPI_MCA_ess_base_jobid"),
            RestartCount = variables.Number("OMPI_MCA_orte_num_restarts") ?? 0,
        };

    private static LaunchEnvironment? Hydra(VariableReader variables)
        => variables.Place("PMI_RANK", "PMI_SIZE") is not { } place ? null : new LaunchEnvironment
        {
            Launcher = "Hydra",
            Rank = place.Rank,
            WorldSize = place.WorldSize,
            LocalRank = variables.Number("MPI_LOCALRANKID"),
            LocalWorldSize = variables.Number("MPI_LOCALNRANKS", 1),
        };

    private static LaunchEnvironment? Slurm(VariableReader variables)
    {
        // A shell of salloc knows how many tasks there may be, but is none of them.
        if (variables.Number("SLURM_PROCID") is not { } rank)
        {
            return null;
        }

        var sizeName = variables.Text("SLURM_STEP_NUM_TASKS") is null ? "SLURM_NTASKS" : "SLURM_STEP_NUM_TASKS";
        var nodes = variables.Text("SLURM_STEP_NODELIST") ?? variables.Text("SLURM_JOB_NODELIST") ?? variables.Text("SLURM_NODELIST");
        return variables.Place("SLURM_PROCID", sizeName) is not { } place ? null : new LaunchEnvironment
        {
            Launcher = "SLURM",
            Rank = rank,
            WorldSize = place.WorldSize,
            LocalRank = variables.Number("SLURM_LOCALID"),
            LocalWorldSize = variables.FirstNumber(1, "SLURM_STEP_NUM_NODES", "SLURM_NNODES") == 1 ? place.WorldSize : null,
            MasterAddress = nodes is null ? null : SlurmNodeList.First(nodes),
            RunId = variables.Text("SLURM_JOB_ID") is { } job ? $"{job}.{variables.Text("SLURM_STEP_ID") ?? "0"}" : null,
            RestartCount = variables.Number("SLURM_RESTART_COUNT") ?? 0,
        };
    }

    private static LaunchEnvironment WithMaster(LaunchEnvironment found, VariableReader variables)
    {
        var named = variables.Number("MASTER_PORT", 1);
        return found with
        {
            MasterAddress = variables.Text("MASTER_ADDR") ?? found.MasterAddress,
            MasterPort = variables.Number("MLP_GROUP_PORT", 1) ?? (IsPortTaken(variables) ? named + 1 : named) ?? DerivedPort(found),
        };
    }

    /// <summary>Two runs of mpirun or srun on one host must not meet at one port, so their names choose it, below the range from which the system gives out ports.</summary>
    private static int? DerivedPort(LaunchEnvironment found)
    {
        if (found.RunId is null || found.Launcher == "torchrun")
        {
            return null;
        }

        var hash = 2166136261;
        foreach (var character in found.RunId)
        {
            hash = (hash ^ character) * 16777619;
        }

        return 20000 + (int)(hash % 10000);
    }

    private static LaunchEnvironment Check(LaunchEnvironment found)
    {
        if (found.LocalRank is { } local && found.LocalWorldSize is { } size && local >= size)
        {
            throw new LaunchException(string.Create(CultureInfo.InvariantCulture, $"Expected the local rank to be below the local world size {size}, but {found.Launcher} says {local}."));
        }

        if (found.LocalWorldSize > found.WorldSize)
        {
            throw new LaunchException(string.Create(
                CultureInfo.InvariantCulture, $"Expected a local world size of at most the world size {found.WorldSize}, but {found.Launcher} says {found.LocalWorldSize}."));
        }

        return found.MasterPort is > 65535
            ? throw new LaunchException(string.Create(CultureInfo.InvariantCulture, $"Expected the port of rank 0 to be at most 65535, but found {found.MasterPort}."))
            : found;
    }
}
