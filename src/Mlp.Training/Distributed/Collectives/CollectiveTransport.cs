namespace Mlp.Training.Distributed.Collectives;

/// <summary>What moves the values of a group of processes.</summary>
public enum CollectiveTransport
{
    /// <summary><see cref="Tcp"/>: it needs nothing installed, and names the rank that is missing whatever happens.</summary>
    Auto = 0,

    /// <summary>Shared memory between ranks of one host, sockets between hosts.</summary>
    Tcp = 1,

    /// <summary>An MPI library of this machine, Open MPI or MPICH and its kin; ranks are started by its <c>mpirun</c>.</summary>
    Mpi = 2,

    /// <summary>NVIDIA's NCCL, between GPUs.</summary>
    Nccl = 3,
}
