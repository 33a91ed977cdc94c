using Mlp.Training.Distributed.Collectives.Mpi;
using Mlp.Training.Distributed.Collectives.Nccl;
using Mlp.Training.Distributed.Collectives.Tcp;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives;

// Groups whose ranks are processes.
public sealed partial class ProcessGroup
{
    private LauncherWatch? _launcher;

    /// <summary>
    /// Makes this process a rank of a group of processes, on this or many hosts, and waits until all have come. Rank, world size and the address of rank 0 come from the options, else from the variables of torchrun, Open MPI, Hydra or SLURM
    /// (<see cref="LaunchEnvironment"/>). Ranks on several hosts need a secret (<see cref="RendezvousOptions.Secret"/>).
    /// </summary>
    /// <param name="options">Settings, equal on all ranks but for rank and address; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>This process's place.</returns>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="LaunchException">Rank, world size, address or secret are missing or do not fit.</exception>
    /// <exception cref="RendezvousException">This rank is refused, or ranks did not come in time.</exception>
    /// <exception cref="MpiException">MPI was asked for, but there is no library of it, or it cannot be used.</exception>
    /// <exception cref="GpuUnavailableException">The backend is NCCL, and NCCL, CUDA or the GPU is missing.</exception>
    /// <exception cref="CollectiveException">Ranks are gone before all were connected.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static async Task<ProcessGroup> ConnectAsync(ProcessGroupOptions? options = null, CancellationToken cancellationToken = default)
    {
        var settings = (options ?? new()).Validated();
        var environment = settings.Rendezvous is { Rank: not null, WorldSize: not null } ? null : LaunchEnvironment.Read();
        CollectiveBackend end = settings.Backend switch
        {
            CollectiveTransport.Auto or CollectiveTransport.Tcp => await TcpConnector.ConnectAsync(settings, environment, HostIdentity.Read(), cancellationToken).ConfigureAwait(false),
            CollectiveTransport.Mpi => await MpiConnector.ConnectAsync(settings, environment, cancellationToken).ConfigureAwait(false),
            CollectiveTransport.Nccl => await NcclConnector.ConnectAsync(settings, environment, HostIdentity.Read(), cancellationToken).ConfigureAwait(false),
            _ => throw new NotSupportedException($"Expected a backend that is known, but found {settings.Backend}."),
        };
        var group = new ProcessGroup(end, settings);
        group._launcher = LauncherWatch.Begin(Environment.GetEnvironmentVariable(LauncherWatch.Variable), reason => group.Abort(reason));
        return group;
    }
}
